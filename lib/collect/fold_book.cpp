#include "collect/fold_book.h"

#include <algorithm>
#include <new>
#include <utility>

#include "collect/known_ids.h"
#include "collect/time_math.h"
#include "ringtail/base/saturating.h"
#include "ringtail/trace/signatures.h"

namespace ringtail::inline v1 {
namespace {

void add_total(const FoldTable::Total& from, FoldTable::Total& to) {
  to.count += from.count;
  to.extra = saturating_add(to.extra, from.extra);
  to.duration = saturating_add(to.duration, from.duration);
  to.bytes = saturating_add(to.bytes, from.bytes);
  to.longest = std::max(to.longest, from.longest);
}

}  // namespace

// With its node and what an allocator adds.
template <class Map>
std::size_t FoldBook::row_bytes(const Map&) const {
  return copies_ * (sizeof(typename Map::value_type) + 64);
}

// Throws std::bad_alloc.
template <class Map>
typename Map::mapped_type& FoldBook::row_of(Map& rows, const typename Map::key_type& key) {
  if (memory_ == nullptr) return rows[key];
  if (const auto found = rows.find(key); found != rows.end()) return found->second;
  return memory_->spend(
      MemoryBound::For::kBooks, row_bytes(rows), [&]() -> auto& { return rows[key]; });
}

void FoldBook::clear() noexcept {
  if (memory_ != nullptr) {
    memory_->give(MemoryBound::For::kBooks,
                  totals_.size() * row_bytes(totals_) + losses_.size() * row_bytes(losses_));
  }
  totals_.clear();
  losses_.clear();
  other_ = {};
}

FoldTable::Total& FoldBook::total_for(const FoldTable::Total& from) noexcept {
  FoldTable::Total& other = other_[from.in_nanoseconds ? 1 : 0];
  if (from.other) return other;
  try {
    return row_of(totals_, {from.op, from.device, from.in_nanoseconds});
  } catch (const std::bad_alloc&) {
    return other;
  }
}

FoldTimes& FoldBook::times_for(const LossKey& key, ThreadAccount& account) noexcept {
  try {
    return row_of(losses_, key);
  } catch (const std::bad_alloc&) {
    return account.unlisted[std::get<bool>(key) ? 1 : 0];
  }
}

void FoldBook::add(ThreadId thread, ThreadAccount& account, LossCause cause,
                   std::span<const FoldTable::Total> totals) noexcept {
  for (const FoldTable::Total& from : totals) {
    add_total(from, total_for(from));
    const DeviceId device = from.other ? kNoDevice : from.device;
    const LossCause why = from.filtered ? LossCause::kFiltered : cause;
    times_for({thread, device, why, from.in_nanoseconds}, account).add({from.count, from.first, from.last});
  }
}

void FoldBook::add(const Segment& segment, ThreadAccount& account, LossCause cause) noexcept {
  // Without memory for a total per kind every row is added by itself.
  bool by_kind = true;
  try {
    by_kind_.assign(segment.kinds, {});
  } catch (const std::bad_alloc&) {
    by_kind = false;
  }
  const auto finish = [](FoldTable::Total& total, const Kind& kind) {
    const std::uint64_t weight = weight_of(kind.flags());
    total.op = kind.op();
    total.device = kind.device();
    total.in_nanoseconds = kind.in_nanoseconds();
    total.duration = saturating_multiply(total.duration, weight);
    total.bytes = saturating_multiply(saturating_multiply(kind.bytes, weight), total.count);
    total.extra = (weight - 1) * total.count;
  };
  FoldTable::Total of_row;
  std::uint64_t long_duration = 0;
  for (const Row* row = segment.begin_row(); row != segment.end_row(); ++row) {
    if (is_note(*row)) {
      if (row->kind == kLongDuration) long_duration = row->begin;
      continue;
    }
    FoldTable::Total& total = by_kind ? by_kind_[row->kind] : of_row;
    const std::uint64_t duration = long_duration != 0 ? std::exchange(long_duration, 0) : row->duration;
    total.first = total.count == 0 ? row->begin : std::min(total.first, row->begin);
    total.last = std::max(total.last, row->begin + duration);
    total.longest = std::max(total.longest, duration);
    total.duration = saturating_add(total.duration, duration);
    ++total.count;
    if (!by_kind) {
      finish(of_row, segment.chunk->kind(row->kind));
      add(segment.thread, account, cause, {&of_row, 1});
      of_row = {};
    }
  }
  if (!by_kind) return;
  for (std::uint32_t number = 0; number < segment.kinds; ++number) {
    finish(by_kind_[number], segment.chunk->kind(number));
  }
  std::erase_if(by_kind_, [](const FoldTable::Total& total) { return total.count == 0; });
  add(segment.thread, account, cause, by_kind_);
  by_kind_.clear();
}

void FoldBook::add(const FoldBook& other) {
  for (const auto& [key, total] : other.totals_) add_total(total, totals_[key]);
  for (std::size_t i = 0; i < other_.size(); ++i) add_total(other.other_[i], other_[i]);
  for (const auto& [key, times] : other.losses_) losses_[key].add(times);
}

FoldBook::Needs FoldBook::needs_of(const Trace& trace) const {
  Needs needs{.other_op = other_[0].count + other_[1].count != 0};
  for (const auto& [key, total] : totals_) {
    const auto& [op, device, in_ns] = key;
    needs.unknown_op |= !is_known(op, trace);
    needs.unknown_device |= !is_known(device, trace);
  }
  return needs;
}

void FoldBook::write(const ClockMap& clock, std::int64_t origin_ns, std::span<const ThreadAccount> accounts,
                     Trace& trace) const {
  const auto since_origin = [&](std::uint64_t time, bool in_ns) {
    return Nanoseconds{saturating_subtract(in_ns ? from_ordered(time) : clock.to_ns(time), origin_ns)};
  };
  const auto length = [&](std::uint64_t ticks, bool in_ns) {
    return nanoseconds_of(in_ns ? ticks : static_cast<std::uint64_t>(clock.duration_ns(ticks)));
  };
  // Spans in ticks and spans in nanoseconds of the same op and device become one row.
  std::map<std::pair<OpId, DeviceId>, FoldedTotal> folded;
  const auto add_row = [&](OpId op, DeviceId device, const FoldTable::Total& total, bool in_ns) {
    FoldedTotal& to = folded[{op, device}];
    to.op = op;
    to.device = device;
    to.count += total.count;
    to.duration = saturating_sum(to.duration, length(total.duration, in_ns));
    to.bytes = saturating_add(to.bytes, total.bytes);
    to.extra = saturating_add(to.extra, total.extra);
    to.longest = std::max(to.longest, length(total.longest, in_ns));
  };
  for (const auto& [key, total] : totals_) {
    const auto& [op, device, in_ns] = key;
    add_row(known(op, trace), known(device, trace), total, in_ns);
  }
  for (const bool in_ns : {false, true}) {
    const FoldTable::Total& total = other_[in_ns ? 1 : 0];
    if (total.count != 0) add_row(OpId{trace.op_names().intern("(other)")}, kNoDevice, total, in_ns);
  }
  for (const auto& [key, total] : folded) trace.folded.push_back(total);

  std::map<std::tuple<ThreadId, DeviceId, LossCause>, Loss> losses;
  const auto add_loss = [&](ThreadId thread, DeviceId device, LossCause cause, const FoldTimes& times, bool in_ns) {
    const Nanoseconds first = since_origin(times.first, in_ns);
    const Nanoseconds last = since_origin(times.last, in_ns);
    const auto [it, is_new] =
        losses.try_emplace({thread, device, cause}, Loss{thread, device, cause, 0, first, last});
    it->second.count += times.count;
    it->second.first = std::min(it->second.first, first);
    it->second.last = std::max(it->second.last, last);
  };
  for (const auto& [key, times] : losses_) {
    const auto& [thread, device, cause, in_ns] = key;
    add_loss(thread, known(device, trace), cause, times, in_ns);
  }
  for (std::uint32_t thread = 0; thread < accounts.size(); ++thread) {
    for (const bool in_ns : {false, true}) {
      const FoldTimes& times = accounts[thread].unlisted[in_ns ? 1 : 0];
      if (times.count != 0) add_loss(ThreadId{thread}, kNoDevice, LossCause::kNoMemory, times, in_ns);
    }
  }
  for (const auto& [key, loss] : losses) trace.losses.push_back(loss);
}

}  // namespace ringtail::inline v1
