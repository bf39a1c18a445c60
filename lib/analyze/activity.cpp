#include "ringtail/analyze/activity.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "ringtail/analyze/communication.h"

namespace ringtail::inline v1 {
namespace {

// Farther times are taken as this, so that sums of two cannot overflow: 73 years.
constexpr Nanoseconds kLatest{std::int64_t{1} << 61U};

struct Interval {
  Nanoseconds begin;
  Nanoseconds end;
  bool computes;
};

// Length of what intervals cover together, given in ascending order of their begin.
class Covered {
 public:
  void add(const Interval& interval) {
    const Nanoseconds from = any_ ? std::max(interval.begin, end_) : interval.begin;
    if (interval.end > from) length_ += interval.end - from;
    end_ = any_ ? std::max(end_, interval.end) : interval.end;
    any_ = true;
  }
  [[nodiscard]] Nanoseconds length() const { return length_; }

 private:
  Nanoseconds length_{0};
  Nanoseconds end_{0};
  bool any_ = false;
};

std::vector<bool> communication_by_op(const Trace& trace) {
  std::vector<bool> communicates;
  for (std::uint32_t id = 0; id < trace.op_names().size(); ++id) {
    communicates.push_back(is_communication(trace.op_names().at(id)));
  }
  return communicates;
}

}  // namespace

std::optional<Activity> device_activity(const Trace& trace) {
  const Trace::Columns& columns = trace.columns();
  const std::vector<bool> communicates = communication_by_op(trace);
  std::vector<std::vector<Interval>> by_device(trace.device_names().size());
  Nanoseconds first = kLatest;
  Nanoseconds last = -kLatest;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const DeviceId device = columns.device[row];
    if (device == kNoDevice) continue;
    const std::int64_t begin_ns = columns.begin_ns.at(row);
    if (begin_ns == kNoTime) return std::nullopt;
    const Nanoseconds begin = std::clamp(Nanoseconds{begin_ns}, -kLatest, kLatest);
    const Nanoseconds length = std::clamp(to_nanoseconds(columns.duration_us[row]), Nanoseconds{0}, kLatest);
    by_device[index_of(device)].push_back({begin, begin + length, !communicates[index_of(columns.op[row])]});
    first = std::min(first, begin);
    last = std::max(last, begin + length);
  }
  if (last < first) return std::nullopt;  // no row has a device

  Activity activity;
  activity.window = last - first;
  for (std::uint32_t id = 0; id < by_device.size(); ++id) {
    std::vector<Interval>& intervals = by_device[id];
    if (intervals.empty()) continue;
    std::ranges::stable_sort(intervals, {}, &Interval::begin);
    Covered all;
    Covered computing;
    for (const Interval& interval : intervals) {
      all.add(interval);
      if (interval.computes) computing.add(interval);
    }
    activity.devices.push_back({std::string(trace.device_names().at(id)), computing.length(),
                                all.length() - computing.length(), activity.window - all.length()});
  }
  std::ranges::sort(activity.devices, {}, &DeviceActivity::device);
  return activity;
}

}  // namespace ringtail::inline v1
