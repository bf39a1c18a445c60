#include "format/rtt_assembler.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "format/json_limits.h"
#include "format/rtt_order.h"
#include "format/rtt_state.h"

namespace ringtail {
namespace {

constexpr std::size_t kNewThreads = 64 * 1024;  // that rows may name beyond the table of a file without its end

constexpr std::uint64_t kBytesPerDecodedRow = 128;  // RttRows, at most
constexpr std::uint64_t kBytesPerContent = 9;       // itself, and as words of signatures

}  // namespace

Status RttAssembler::add(const RttSource::Chunk& chunk, std::uint64_t offset) {
  switch (chunk.header.type) {
    case ChunkType::kState: return add_state(chunk, offset);
    case ChunkType::kRows: return add_rows(chunk, offset);
    case ChunkType::kEnd: return add_end(chunk, offset);
  }
  return Done{};
}

// What the rows take with `more_rows` of these facts, as columns grow: to twice their size, one after the other.
std::uint64_t RttAssembler::bytes_with(std::size_t more_rows, const Trace::Facts& facts) const {
  const Trace::Columns& c = trace_.columns();
  const auto optional = [](bool fact, bool is_empty, std::size_t bytes) { return fact || !is_empty ? bytes : 0; };
  const std::uint64_t per_row =
      sizeof(OpId) + sizeof(DeviceId) + sizeof(ShapesId) + sizeof(double) +
      (facts.largest_step > UINT32_MAX ? 8 : 4) + optional(facts.output_elements, c.output_elements.empty(), 8) +
      optional(facts.memory_bytes, c.memory_bytes.empty(), 8) + optional(facts.begin_ns, c.begin_ns.empty(), 8) +
      optional(facts.thread, c.thread.empty(), 4) + optional(facts.depth, c.depth.empty(), 2) +
      optional(facts.queue_delay_ns, c.queue_delay_ns.empty(), 8) +
      optional(facts.lost_before, c.lost_before.empty(), 8) + optional(facts.weight, c.weight.empty(), 4);
  const std::uint64_t rows = std::uint64_t{trace_.size()} + more_rows;
  const std::uint64_t room = c.op.capacity();
  if (rows <= room) return per_row * room;
  return per_row * std::max(2 * room, rows) + sizeof(double) * room;
}

std::optional<Error> RttAssembler::find_no_room(std::uint64_t more, std::uint64_t offset) const {
  if (table_bytes_ + state_bytes_ + more <= limit_) return std::nullopt;
  return too_large_for(limit_, offset);
}

Status RttAssembler::add_state(const RttSource::Chunk& chunk, std::uint64_t offset) {
  const std::uint64_t rows_bytes = trace_.columns().bytes();
  const std::uint64_t contents = chunk.contents.size();
  if (auto error = find_no_room(rows_bytes + 3 * contents, offset)) return *std::move(error);
  const std::uint64_t left = limit_ - table_bytes_ - state_bytes_ - rows_bytes - 3 * contents;
  const std::uint32_t names = trace_.op_names().size() + trace_.device_names().size();
  Trace state;
  if (auto problem = decode_state(chunk.contents, left, trace_, state)) {
    return error_in(chunk.header, offset, problem->at, problem->text, problem->code);
  }
  if (auto error = find_unsupported_state(state)) return error_in(chunk.header, offset, 0, error->message);
  const std::uint32_t new_names = trace_.op_names().size() + trace_.device_names().size() - names;
  table_bytes_ += new_names * kTableEntryBytes + (new_names != 0 ? contents : 0);
  const auto bytes_of_list = [](const auto& list) { return list.size() * sizeof(list[0]); };
  state_bytes_ = contents + bytes_of_list(state.threads) + bytes_of_list(state.folded) + bytes_of_list(state.losses) +
                 bytes_of_list(state.open_spans) + bytes_of_list(state.categories);
  take_state(std::move(state), trace_);
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
  const std::uint64_t decoding = kBytesPerContent * chunk.contents.size() + kBytesPerDecodedRow * count;
  if (auto error = find_no_room(trace_.columns().bytes() + decoding, offset)) return *std::move(error);
  if (auto problem = decode_rows(chunk.contents, count, rows_)) {
    return error_in(chunk.header, offset, problem->at, problem->text, problem->code);
  }
  Trace::Facts facts;
  facts.largest_step = std::ranges::max(rows_.step);
  facts.output_elements = (rows_.facts & kHasElements) != 0;
  facts.memory_bytes = (rows_.facts & kHasBytes) != 0;
  facts.begin_ns = (rows_.facts & kHasBegin) != 0;
  facts.thread = (rows_.facts & kHasThread) != 0;
  facts.depth = (rows_.facts & kHasDepth) != 0;
  facts.queue_delay_ns = (rows_.facts & kHasQueueDelay) != 0;
  facts.lost_before = (rows_.facts & kHasLostBefore) != 0;
  facts.weight = (rows_.facts & kHasWeight) != 0;
  if (trace_.empty() && expected_rows_ > count &&
      !find_no_room(bytes_with(static_cast<std::size_t>(expected_rows_), facts) + decoding, offset)) {
    trace_.reserve(static_cast<std::size_t>(expected_rows_), facts);
  }
  if (auto error = find_no_room(bytes_with(count, facts) + decoding, offset)) return *std::move(error);
  const bool has_all_begins = facts.begin_ns && rows_.begin.rows.empty();
  all_ordered_ = all_ordered_ && (chunk.header.flags & kOrdered) != 0 && has_all_begins;
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

void RttAssembler::order_rows() {
  if (all_ordered_ && chunk_ends_.size() > 1) order_pieces(trace_, chunk_ends_);
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
  order_rows();
  trace_.total_duration_us = end_->total_duration_us;
  return std::move(trace_);
}

Result<Trace> RttAssembler::finish_growing(std::uint64_t offset) && {
  settle_accounts(nullptr);
  if (auto error = find_stray_thread(offset)) return *std::move(error);
  sum_durations();
  order_rows();
  return std::move(trace_);
}

Result<Trace> RttAssembler::finish_damaged(std::uint64_t offset, std::uint64_t& lost) && {
  settle_accounts(&lost);
  if (auto error = find_stray_thread(offset)) return *std::move(error);
  sum_durations();
  order_rows();
  return std::move(trace_);
}

void RttAssembler::settle_accounts(std::uint64_t* lost) {
  std::vector<TraceThread>& threads = trace_.threads;
  std::vector<std::uint64_t> rows(threads.size());
  for (std::size_t row = 0; !threads.empty() && row < trace_.size(); ++row) {
    const ThreadId thread = trace_.columns().thread.at(row);
    if (thread == kNoThread) continue;
    const std::size_t index = index_of(thread);
    if (index >= rows.size() && index - threads.size() < kNewThreads) rows.resize(index + 1);
    if (index < rows.size()) ++rows[index];
  }
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
  std::ranges::sort(trace_.losses, {},
                    [](const Loss& loss) { return std::tuple(loss.thread, loss.device, loss.cause); });
  if (*lost == 0) return;
  FoldedTotal total;
  total.op = OpId{trace_.op_names().intern("(lost)")};
  total.count = *lost;
  const auto key = [](const FoldedTotal& one) { return std::pair(one.op, one.device); };
  trace_.folded.insert(std::ranges::upper_bound(trace_.folded, key(total), {}, key), total);
}

void RttAssembler::enter_loss(ThreadId thread, std::uint64_t spans) {
  trace_.losses.push_back({thread, kNoDevice, LossCause::kFileDamaged, spans, Nanoseconds{first_gap_.value_or(0)},
                           Nanoseconds{gap_end_.value_or(0)}});
}

void RttAssembler::sum_durations() {
  double sum = 0.0;
  const Trace::Columns& c = trace_.columns();
  for (std::size_t row = 0; row < trace_.size(); ++row) sum += c.duration_us[row] * c.weight.at(row);
  for (const FoldedTotal& total : trace_.folded) sum += to_microseconds(total.duration);
  trace_.total_duration_us = sum;
}

}  // namespace ringtail
