#include "collect/trigger_watch.h"

#include <algorithm>
#include <chrono>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kFewestSteps = 8;  // that a median is taken of

}  // namespace

TriggerWatch::TriggerWatch(const Triggers& triggers, Clock clock, std::uint32_t max_devices, TriggerSlot& slot)
    : slow_step_(triggers.slow_step),
      idle_device_(triggers.idle_device),
      ns_per_tick_(1e9 / static_cast<double>(clock.ticks_in(std::chrono::seconds{1}))),
      slot_(slot),
      devices_(triggers.idle_device.count() > 0 ? std::min(max_devices, kMostDevices) : 0) {}

// By the rate of ticks from this pass on: exact enough to compare with, not to be kept.
Nanoseconds TriggerWatch::end_of(const RingSlot& record) const noexcept {
  const auto flags = static_cast<std::uint16_t>(record.shapes_depth_flags >> 48U);
  if ((flags & kTimesAreNanoseconds) != 0) return Nanoseconds{from_ordered(record.end)};
  const auto ago = static_cast<double>(static_cast<std::int64_t>(now_.ticks.value - record.end));
  const auto ago_ns = static_cast<std::int64_t>(std::clamp(ago * ns_per_tick_, -0x1p62, 0x1p62));
  return Nanoseconds{saturating_subtract(now_.monotonic.count(), ago_ns)};
}

void TriggerWatch::see(const RingSlot& record, ThreadId thread, Steps& steps) noexcept {
  const Nanoseconds end = end_of(record);
  const auto device = static_cast<std::uint32_t>(record.op_device >> 32U);
  if (device < devices_.size()) {
    devices_[device] = {std::max(std::min(end, now_.monotonic), devices_[device].last_end), true};
  }
  if (slow_step_ <= 0.0) return;
  if (!steps.begun || record.step != steps.step) {
    if (steps.begun) finish(steps, thread, length(steps.begin, steps.end));
    steps.begin = steps.begun ? steps.end : end;
    steps.begun = true;
    steps.step = record.step;
  }
  steps.end = end;
}

void TriggerWatch::finish(Steps& steps, ThreadId thread, Nanoseconds length) noexcept {
  const std::size_t known = std::min(steps.finished, kSteps);
  if (known >= kFewestSteps) {
    std::array<Nanoseconds, kSteps> sorted = steps.lengths;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(known / 2);
    std::nth_element(sorted.begin(), middle, sorted.begin() + static_cast<std::ptrdiff_t>(known));
    if (static_cast<double>(length.count()) > slow_step_ * static_cast<double>(middle->count())) {
      Sighting slow;
      slow.cause = Trigger::Cause::kSlowStep;
      slow.at = now_.monotonic;
      slow.thread = thread;
      slow.step = steps.step;
      slow.length = length;
      slow.usual = *middle;
      slot_.set(slow);
    }
  }
  steps.lengths[steps.finished++ % kSteps] = length;
}

void TriggerWatch::report_idle(DeviceId device, Nanoseconds idle) noexcept {
  Sighting waits;
  waits.cause = Trigger::Cause::kIdleDevice;
  waits.at = now_.monotonic;
  waits.device = device;
  waits.length = idle;
  slot_.set(waits);
}

}  // namespace ringtail::inline v1
