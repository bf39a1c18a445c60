#include "collect/fold_book.h"

#include <algorithm>
#include <utility>

#include "collect/known_ids.h"
#include "collect/time_math.h"
#include "ringtail/trace/signatures.h"

namespace ringtail {

std::uint64_t FoldBook::add(ThreadId thread, LossCause cause, const std::vector<FoldTable::Total>& totals) {
  std::uint64_t count = 0;
  for (const FoldTable::Total& from : totals) {
    count += from.count;
    const DeviceId device = from.other ? kNoDevice : from.device;
    FoldTable::Total& to = totals_[{from.other, from.other ? OpId{} : from.op, device, from.in_nanoseconds}];
    to.count += from.count;
    to.extra = saturating_add(to.extra, from.extra);
    to.duration = saturating_add(to.duration, from.duration);
    to.bytes = saturating_add(to.bytes, from.bytes);
    to.longest = std::max(to.longest, from.longest);
    Times& times = losses_[{thread, device, from.filtered ? LossCause::kFiltered : cause, from.in_nanoseconds}];
    times.first = times.count == 0 ? from.first : std::min(times.first, from.first);
    times.last = std::max(times.last, from.last);
    times.count += from.count;
  }
  return count;
}

void FoldBook::add(const Segment& segment, LossCause cause) {
  by_kind_.assign(segment.kinds, {});
  std::uint64_t long_duration = 0;
  for (const Row* row = segment.begin_row(); row != segment.end_row(); ++row) {
    if (is_note(*row)) {
      if (row->kind == kLongDuration) long_duration = row->begin;
      continue;
    }
    FoldTable::Total& total = by_kind_[row->kind];
    const std::uint64_t duration = long_duration != 0 ? std::exchange(long_duration, 0) : row->duration;
    total.first = total.count == 0 ? row->begin : std::min(total.first, row->begin);
    total.last = std::max(total.last, row->begin + duration);
    total.longest = std::max(total.longest, duration);
    total.duration = saturating_add(total.duration, duration);
    ++total.count;
  }
  for (std::uint32_t number = 0; number < segment.kinds; ++number) {
    FoldTable::Total& total = by_kind_[number];
    const Kind& kind = segment.chunk->kind(number);
    const std::uint64_t weight = weight_of(kind.flags());
    total.op = kind.op();
    total.device = kind.device();
    total.in_nanoseconds = kind.in_nanoseconds();
    total.duration = saturating_multiply(total.duration, weight);
    total.bytes = saturating_multiply(saturating_multiply(kind.bytes, weight), total.count);
    total.extra = (weight - 1) * total.count;
  }
  std::erase_if(by_kind_, [](const FoldTable::Total& total) { return total.count == 0; });
  add(segment.thread, cause, by_kind_);
}

void FoldBook::add(const FoldBook& other) {
  for (const auto& [key, from] : other.totals_) {
    FoldTable::Total& to = totals_[key];
    to.count += from.count;
    to.duration = saturating_add(to.duration, from.duration);
    to.bytes = saturating_add(to.bytes, from.bytes);
    to.extra = saturating_add(to.extra, from.extra);
    to.longest = std::max(to.longest, from.longest);
  }
  for (const auto& [key, from] : other.losses_) {
    Times& to = losses_[key];
    to.first = to.count == 0 ? from.first : std::min(to.first, from.first);
    to.last = std::max(to.last, from.last);
    to.count += from.count;
  }
}

FoldBook::Needs FoldBook::needs_of(const Trace& trace) const {
  Needs needs;
  for (const auto& [key, total] : totals_) {
    const auto& [other, op, device, in_ns] = key;
    needs.other_op |= other;
    needs.unknown_op |= !other && !is_known(op, trace);
    needs.unknown_device |= !is_known(device, trace);
  }
  return needs;
}

void FoldBook::write(const ClockMap& clock, std::int64_t origin_ns, Trace& trace) const {
  const auto since_origin = [&](std::uint64_t time, bool in_ns) {
    return Nanoseconds{saturating_subtract(in_ns ? from_ordered(time) : clock.to_ns(time), origin_ns)};
  };
  const auto length = [&](std::uint64_t ticks, bool in_ns) {
    return nanoseconds_of(in_ns ? ticks : static_cast<std::uint64_t>(clock.duration_ns(ticks)));
  };
  const auto sum = [](Nanoseconds a, Nanoseconds b) {
    return nanoseconds_of(
        saturating_add(static_cast<std::uint64_t>(a.count()), static_cast<std::uint64_t>(b.count())));
  };
  // Spans in ticks and spans in nanoseconds of the same op and device become one row.
  std::map<std::pair<OpId, DeviceId>, FoldedTotal> folded;
  for (const auto& [key, total] : totals_) {
    const auto& [other, op_in_key, device_in_key, in_ns] = key;
    const OpId op = other ? OpId{trace.op_names().intern("(other)")} : known(op_in_key, trace);
    const DeviceId device = known(device_in_key, trace);
    FoldedTotal& to = folded[{op, device}];
    to.op = op;
    to.device = device;
    to.count += total.count;
    to.duration = sum(to.duration, length(total.duration, in_ns));
    to.bytes = saturating_add(to.bytes, total.bytes);
    to.extra = saturating_add(to.extra, total.extra);
    to.longest = std::max(to.longest, length(total.longest, in_ns));
  }
  for (const auto& [key, total] : folded) trace.folded.push_back(total);

  std::map<std::tuple<ThreadId, DeviceId, LossCause>, Loss> losses;
  for (const auto& [key, times] : losses_) {
    const auto& [thread, device_in_key, cause, in_ns] = key;
    const DeviceId device = known(device_in_key, trace);
    const Nanoseconds first = since_origin(times.first, in_ns);
    const Nanoseconds last = since_origin(times.last, in_ns);
    const auto [it, is_new] =
        losses.try_emplace({thread, device, cause}, Loss{thread, device, cause, 0, first, last});
    it->second.count += times.count;
    it->second.first = std::min(it->second.first, first);
    it->second.last = std::max(it->second.last, last);
  }
  for (const auto& [key, loss] : losses) trace.losses.push_back(loss);
}

}  // namespace ringtail
