// ringtail/analyze/activity.h
//
// What was each device doing: computing, communicating, or nothing?
//
// Shape    Every moment of the window counts once per device: computing when a span that is not communication
//          is open (is_communication), else communicating when one that is, else idle. So nested and
//          overlapping spans count once, and per device the three add up to the window exactly.
// Window   From the first begin to the last end of all rows that have a device; the same for all devices.
// Exact    Only rows are seen: of a trace with folded or sampled spans, computing and communicating are a part. No
//          weight can change that: spans that overlap count once, and nobody knows which of the missing did.
// Cost     Sorts the rows by begin.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ringtail/base/clock.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct DeviceActivity {
  std::string device;
  Nanoseconds computing{0};
  Nanoseconds communicating{0};  // and not computing at the same time
  Nanoseconds idle{0};
  friend bool operator==(const DeviceActivity&, const DeviceActivity&) = default;
};

struct Activity {
  Nanoseconds window{0};
  std::vector<DeviceActivity> devices;  // by name in byte order
  friend bool operator==(const Activity&, const Activity&) = default;
};

// Nothing when no row has a device, or one that has lacks its begin time: placing it would be a guess.
[[nodiscard]] std::optional<Activity> device_activity(const Trace& trace);

}  // namespace ringtail::inline v1
