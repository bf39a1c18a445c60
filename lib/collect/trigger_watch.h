// lib/collect/trigger_watch.h
//
// Looks at the spans as they are drained, for steps that take long and devices that wait (flight_recorder.h).
//
// Errors   The constructor throws std::bad_alloc; nothing else needs memory.
// Threads  One at a time (the collector's mutex).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "collect/time_math.h"
#include "collect/trigger_slot.h"
#include "ringtail/base/clock.h"
#include "ringtail/record/record.h"

namespace ringtail::inline v1 {

class TriggerWatch {
 public:
  static constexpr std::size_t kSteps = 31;  // whose median is taken
  static constexpr std::uint32_t kMostDevices = 4'096;

  // One thread's steps.
  struct Steps {
    bool begun = false;
    std::uint64_t step = 0;
    Nanoseconds begin{0};  // end of the last span before it
    Nanoseconds end{0};    // of the last span in it
    std::size_t finished = 0;
    std::array<Nanoseconds, kSteps> lengths{};  // the last ones, in no order
  };

  // slot: outlives the watch.
  TriggerWatch(const Triggers& triggers, Clock clock, std::uint32_t max_devices, TriggerSlot& slot);

  // A pass begins, at this moment.
  void begin_pass(ClockPair now) noexcept { now_ = now; }

  // A record of one thread.
  void see(const RingSlot& record, ThreadId thread, Steps& steps) noexcept;

  // The pass ends. is_open: whether a span of the device is open now.
  template <class IsOpen>
  void end_pass(IsOpen is_open) noexcept {
    if (idle_device_.count() <= 0) return;
    for (std::uint32_t id = 0; id < devices_.size(); ++id) {
      Device& device = devices_[id];
      const Nanoseconds idle = length(device.last_end, now_.monotonic);
      if (!device.watched || idle <= idle_device_ || is_open(DeviceId{id})) continue;
      device.watched = false;  // until it was busy again
      report_idle(DeviceId{id}, idle);
    }
  }

 private:
  struct Device {
    Nanoseconds last_end{0};  // no later than the pass that saw it
    bool watched = false;     // was busy since it was last reported
  };

  // A program may give any times: 0 where the end is before the begin, and the longest there is where none
  // is as long.
  [[nodiscard]] static Nanoseconds length(Nanoseconds begin, Nanoseconds end) noexcept {
    return Nanoseconds{std::max<std::int64_t>(saturating_subtract(end.count(), begin.count()), 0)};
  }
  [[nodiscard]] Nanoseconds end_of(const RingSlot& record) const noexcept;
  void finish(Steps& steps, ThreadId thread, Nanoseconds length) noexcept;
  void report_idle(DeviceId device, Nanoseconds idle) noexcept;

  const double slow_step_;
  const Nanoseconds idle_device_;
  const double ns_per_tick_;
  TriggerSlot& slot_;
  ClockPair now_;
  std::vector<Device> devices_;
};

}  // namespace ringtail::inline v1
