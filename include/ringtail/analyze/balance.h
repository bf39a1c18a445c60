// ringtail/analyze/balance.h
//
// Is the work spread evenly over the devices?
//
// Units    Microseconds of summed span durations (per_device_summary): nested and overlapping spans count each,
//          sampled ones as often as their weights say.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct LoadBalance {
  std::vector<std::pair<std::string, double>> per_device_duration_us;  // by device name in byte order, at least two
  double total_duration_us = 0.0;                                      // sum over the devices, added in that order
  double ideal_duration_us = 0.0;                                      // total / devices
  double max_duration_us = 0.0;  // of the busiest device; 0 when none is above 0
  double imbalance_ratio = 0.0;  // max(0, (max - ideal) / ideal); 0 when ideal is not above 0
  friend bool operator==(const LoadBalance&, const LoadBalance&) = default;
};

// Nothing for fewer than two devices. Spans without a device do not take part.
[[nodiscard]] std::optional<LoadBalance> load_balance_metrics(const Trace& trace);

}  // namespace ringtail::inline v1
