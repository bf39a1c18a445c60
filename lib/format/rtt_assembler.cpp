#include "format/rtt_assembler.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "format/json_limits.h"
#include "format/rtt_order.h"
#include "format/rtt_state.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kNewThreads = 64 * 1024;  // that rows may name beyond the table of a file without its end

constexpr std::uint64_t kColumns = 13;
constexpr std::uint64_t kBytesPerDecodedRow = 192;  // RttRows, and the kinds in numbers of the trace
constexpr std::uint64_t kBytesPerStored = 4;  // while it is read, at most: grown to twice its size, and unpacked
constexpr std::uint64_t kBytesPerContent =
    kBytesPerStored + sizeof(std::uint64_t);  // of rows: as words of signatures

// Whether every row has a begin and they ascend by (begin, thread), as the writer says of chunks marked as ordered.
bool is_ordered(const RttRows& rows) {
  if (rows.begin.values.size() != rows.kind_of_row.size()) return false;
  const auto thread = [&](std::size_t row) { return rows.kinds[rows.kind_of_row[row]].thread - 1; };  // 0: the last
  for (std::size_t row = 1; row < rows.begin.values.size(); ++row) {
    const auto before = static_cast<std::int64_t>(rows.begin.values[row - 1]);
    const auto begin = static_cast<std::int64_t>(rows.begin.values[row]);
    if (begin < before || (begin == before && thread(row) < thread(row - 1))) return false;
  }
  return true;
}

}  // namespace

Status RttAssembler::add(const RttSource::Chunk& chunk, std::uint64_t offset) {
  switch (chunk.header.type) {
    case ChunkType::kState: return add_state(chunk, offset);
    case ChunkType::kRows: return add_rows(chunk, offset);
    case ChunkType::kEnd: return add_end(chunk, offset);
  }
  return Done{};
}

// What the columns take with room for `rows`, which they get one after the other: the one before stays until then.
std::uint64_t RttAssembler::bytes_with_room(std::uint64_t rows, const Trace::Facts& facts) const {
  const std::uint64_t room = trace_.columns().op.capacity();
  const std::uint64_t moving = rows > room ? sizeof(std::uint64_t) * room : 0;
  const std::uint64_t widening = facts.largest_step > UINT32_MAX ? sizeof(std::uint32_t) * rows : 0;
  const std::uint64_t bytes = trace_.bytes_per_row(facts) * rows;
  const bool large = sizeof(std::uint64_t) * rows >= 3 * kMostColumnSlack;
  const std::uint64_t slack = large ? std::min(bytes / 3, kColumns * kMostColumnSlack) : 0;
  return bytes + slack + moving + widening;
}

std::uint64_t RttAssembler::bytes_held() const noexcept {
  return table_bytes_ + state_bytes_ + chunk_bytes_ + chunk_ends_.capacity() * sizeof(chunk_ends_[0]);
}

std::optional<Error> RttAssembler::find_no_room(std::uint64_t more, std::uint64_t offset) const {
  if (bytes_held() + more <= limit_) return std::nullopt;
  return too_large_for(limit_, offset);
}

Status RttAssembler::add_state(const RttSource::Chunk& chunk, std::uint64_t offset) {
  const std::uint64_t beside = trace_.columns().bytes() + kBytesPerStored * chunk.contents.size();
  if (auto error = find_no_room(beside, offset)) return *std::move(error);
  DecodedState decoded;
  if (auto problem =
          decode_state(chunk.contents, chunk.header.stored_bytes, limit_ - bytes_held() - beside, decoded)) {
    return error_in(chunk.header, offset, problem->at, problem->text, problem->code);
  }
  if (auto error = find_unsupported_state(decoded.state)) return error_in(chunk.header, offset, 0, error->message);
  const std::vector<std::uint32_t> ops = intern_names(trace_.op_names(), decoded.ops);
  const std::vector<std::uint32_t> devices = intern_names(trace_.device_names(), decoded.devices);
  state_bytes_ = decoded.bytes;
  take_state(std::move(decoded.state), ops, devices, trace_);
  return Done{};
}

Status RttAssembler::add_end(const RttSource::Chunk& chunk, std::uint64_t offset) {
  ByteReader in(chunk.contents);
  End end;
  end.chunks = in.fixed<std::uint64_t>("bytes of a number of chunks");
  end.rows = in.fixed<std::uint64_t>("bytes of a number of rows");
  end.total_duration_us = in.fixed<double>("bytes of a duration");
  in.end();
  const ChunkHeader& header = chunk.header;
  if (end.chunks != header.sequence + 1) {
    in.fail(0, std::to_string(header.sequence + 1) + " chunks", std::to_string(end.chunks));
  }
  if (end.rows != header.rows_before) {
    in.fail(8, std::to_string(header.rows_before) + " rows", std::to_string(end.rows));
  }
  if (!std::isfinite(end.total_duration_us)) in.fail(16, "a finite number", std::to_string(end.total_duration_us));
  if (!in.ok()) return error_in(header, offset, in.problem()->at, in.problem()->text);
  end_ = end;
  return Done{};
}

Status RttAssembler::add_rows(const RttSource::Chunk& chunk, std::uint64_t offset) {
  const std::size_t count = chunk.header.rows;
  chunk_bytes_ = std::max(chunk_bytes_, kBytesPerContent * chunk.contents.size() + kBytesPerDecodedRow * count);
  if (auto error = find_no_room(trace_.columns().bytes(), offset)) return *std::move(error);
  if (auto problem = decode_rows(chunk.contents, count, rows_)) {
    return error_in(chunk.header, offset, problem->at, problem->text, problem->code);
  }
  const bool ordered = (chunk.header.flags & kOrdered) != 0;
  if (ordered && !is_ordered(rows_)) {
    return error_in(chunk.header, offset, 0,
                    "expected rows in (begin, thread) order, as the flags say, found others");
  }
  Trace::Facts facts;
  for (const std::uint64_t step : rows_.step) facts.largest_step |= step;  // or more: no wider, and sooner known
  facts.output_elements = (rows_.facts & kHasElements) != 0;
  facts.memory_bytes = (rows_.facts & kHasBytes) != 0;
  facts.begin_ns = (rows_.facts & kHasBegin) != 0;
  facts.thread = (rows_.facts & kHasThread) != 0;
  facts.depth = (rows_.facts & kHasDepth) != 0;
  facts.queue_delay_ns = (rows_.facts & kHasQueueDelay) != 0;
  facts.lost_before = (rows_.facts & kHasLostBefore) != 0;
  facts.weight = (rows_.facts & kHasWeight) != 0;
  const std::uint64_t definitions =  // if all are new
      kTableEntryBytes * (rows_.ops.size() + rows_.devices.size() + rows_.signature_ends.size()) +
      chunk.contents.size() + sizeof(std::uint64_t) * rows_.signature_words.size();
  const auto does_not_fit = [&](std::uint64_t rows) {
    return find_no_room(bytes_with_room(rows, facts) + definitions, offset);
  };
  const std::uint64_t rows = trace_.size() + count;
  std::uint64_t room = trace_.columns().op.capacity();
  if (rows > room) room = std::max(2 * room, rows);
  if (trace_.empty() && expected_rows_ > room && !does_not_fit(expected_rows_)) room = expected_rows_;
  if (auto error = does_not_fit(room)) return *std::move(error);
  trace_.reserve(static_cast<std::size_t>(room), facts);
  all_ordered_ = all_ordered_ && ordered;
  put_rows(facts);
  return Done{};
}

void RttAssembler::note_gap() noexcept {
  const std::int64_t begin = trace_.empty() ? kNoTime : trace_.columns().begin_ns.at(trace_.size() - 1);
  const std::int64_t before = begin == kNoTime ? 0 : begin;
  if (!first_gap_) first_gap_ = before;
  gap_end_ = before;
  gap_is_last_ = true;
}

std::optional<Error> RttAssembler::order_rows(std::uint64_t offset) {
  if (!all_ordered_ || chunk_ends_.size() < 2) return std::nullopt;
  rows_ = {};
  chunk_bytes_ = 0;
  const std::uint64_t held = bytes_held() + trace_.columns().bytes();
  if (order_pieces(trace_, chunk_ends_, limit_ - std::min(limit_, held))) return std::nullopt;
  return too_large_for(limit_, offset);
}

std::optional<Error> RttAssembler::find_stray_thread(std::uint64_t offset) const {
  const std::size_t threads = trace_.threads.size();
  if (threads == 0 || threads >= threads_of_rows_) return std::nullopt;
  return Error{ErrorCode::kMalformed, "byte " + std::to_string(offset) + ": expected rows of threads below " +
                                          std::to_string(threads) + " before it, found " +
                                          std::to_string(threads_of_rows_ - 1)};
}

Result<Trace> RttAssembler::finish(std::uint64_t offset) && {
  if (auto error = find_stray_thread(offset)) return *std::move(error);
  if (auto error = order_rows(offset)) return *std::move(error);
  trace_.total_duration_us = end_->total_duration_us;
  return std::move(trace_);
}

Result<Trace> RttAssembler::finish_growing(std::uint64_t offset) && {
  return std::move(*this).finish_unended(offset, nullptr);
}

Result<Trace> RttAssembler::finish_damaged(std::uint64_t offset, std::uint64_t& lost) && {
  return std::move(*this).finish_unended(offset, &lost);
}

Result<Trace> RttAssembler::finish_unended(std::uint64_t offset, std::uint64_t* lost) && {
  if (auto error = find_no_room(trace_.columns().bytes() + bytes_of_accounts(), offset)) return *std::move(error);
  settle_accounts(lost);
  if (auto error = find_stray_thread(offset)) return *std::move(error);
  sum_durations();
  if (auto error = order_rows(offset)) return *std::move(error);
  return std::move(trace_);
}

// What settle_accounts() takes, at most: threads that only rows name, losses, and what is moved for them.
std::uint64_t RttAssembler::bytes_of_accounts() const {
  constexpr std::uint64_t kNameBytes = 48;
  const std::uint64_t known = trace_.threads.size();
  const std::uint64_t fresh = std::min<std::uint64_t>(
      threads_of_rows_ - std::min<std::uint64_t>(threads_of_rows_, known), known == 0 ? 0 : kNewThreads);
  return (known + fresh) * (sizeof(std::uint64_t) + 3 * sizeof(Loss)) +
         (fresh == 0 ? 0 : (known + fresh) * sizeof(TraceThread) + fresh * kNameBytes);
}

void RttAssembler::settle_accounts(std::uint64_t* lost) {
  std::vector<TraceThread>& threads = trace_.threads;
  std::size_t accounts = threads.size();
  if (accounts != 0 && threads_of_rows_ > accounts && threads_of_rows_ - accounts <= kNewThreads) {
    accounts = threads_of_rows_;  // more of them are an error
  }
  std::vector<std::uint64_t> rows(accounts);
  for (std::size_t row = 0; !threads.empty() && row < trace_.size(); ++row) {
    const ThreadId thread = trace_.columns().thread.at(row);
    if (thread != kNoThread && index_of(thread) < rows.size()) ++rows[index_of(thread)];
  }
  threads.reserve(rows.size());
  for (std::size_t index = threads.size(); index < rows.size(); ++index) {
    threads.emplace_back().name = "(lost thread " + std::to_string(index) + ")";
  }
  std::uint64_t missing = 0;
  for (std::size_t index = 0; index < threads.size(); ++index) {
    TraceThread& thread = threads[index];
    if (lost != nullptr && thread.recorded > rows[index]) {
      const std::uint64_t of_thread = thread.recorded - rows[index];
      thread.folded = saturating_add(thread.folded, of_thread);
      missing = saturating_add(missing, of_thread);
      enter_loss(ThreadId{static_cast<std::uint32_t>(index)}, of_thread);
    }
    thread.recorded = rows[index];
    thread.attempted = saturating_add(thread.recorded, thread.folded);
  }
  if (lost == nullptr) return;
  if (*lost > missing) enter_loss(kNoThread, *lost - missing);
  *lost = std::max(*lost, missing);
  settle_losses();
  if (*lost == 0) return;
  FoldedTotal total;
  total.op = OpId{trace_.op_names().intern("(lost)")};
  total.count = *lost;
  const auto key = [](const FoldedTotal& one) { return std::pair(one.op, one.device); };
  const auto place = std::ranges::lower_bound(trace_.folded, key(total), {}, key);
  if (place != trace_.folded.end() && key(*place) == key(total)) {
    place->count = saturating_add(place->count, total.count);
  } else {
    trace_.folded.insert(place, total);
  }
}

void RttAssembler::enter_loss(ThreadId thread, std::uint64_t spans) {
  trace_.losses.push_back({thread, kNoDevice, LossCause::kFileDamaged, spans, Nanoseconds{first_gap_.value_or(0)},
                           Nanoseconds{gap_end_.value_or(0)}});
}

// Orders the ledger. A file that was recovered before has losses by damage already: they become one with the new
// ones.
void RttAssembler::settle_losses() {
  std::vector<Loss>& losses = trace_.losses;
  const auto key = [](const Loss& loss) { return std::tuple(loss.thread, loss.device, loss.cause); };
  std::ranges::sort(losses, {}, key);
  std::size_t kept = 0;
  for (const Loss& loss : losses) {
    if (loss.cause == LossCause::kFileDamaged && kept != 0 && key(losses[kept - 1]) == key(loss)) {
      Loss& sum = losses[kept - 1];
      sum.count = saturating_add(sum.count, loss.count);
      sum.first = std::min(sum.first, loss.first);
      sum.last = std::max(sum.last, loss.last);
    } else {
      losses[kept++] = loss;
    }
  }
  losses.resize(kept);
}

void RttAssembler::sum_durations() {
  double sum = 0.0;
  const Trace::Columns& c = trace_.columns();
  for (std::size_t row = 0; row < trace_.size(); ++row) sum += c.duration_us[row] * c.weight.at(row);
  for (const FoldedTotal& total : trace_.folded) sum += to_microseconds(total.duration);
  trace_.total_duration_us = sum;
}

}  // namespace ringtail::inline v1
