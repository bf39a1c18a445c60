#include "collect/fold_book.h"

#include <algorithm>

#include "collect/known_ids.h"
#include "collect/time_math.h"

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

void FoldBook::add(ThreadId thread, LossCause cause, const Record& record) {
  const std::uint64_t duration = record.end - record.begin;
  add(thread, cause,
      {{.op = record.op,
        .device = record.device,
        .in_nanoseconds = (record.flags & kTimesAreNanoseconds) != 0,
        .count = 1,
        .duration = duration,
        .bytes = record.bytes,
        .longest = duration,
        .first = record.begin,
        .last = record.end}});
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
    to.extra = saturating_add(to.extra, total.extra);
    to.duration = sum(to.duration, length(total.duration, in_ns));
    to.bytes = saturating_add(to.bytes, total.bytes);
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
