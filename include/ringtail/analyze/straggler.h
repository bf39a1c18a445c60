// ringtail/analyze/straggler.h
//
// Does one device compute clearly longer than the others, so that they wait for it?
//
// Looks at computing alone: in a program that synchronizes, waiting makes all devices equally long, and the
// one with the least communication is the one that the others wait for. All times are sums in which a span counts as
// often as its weight says.
#pragma once

#include <optional>
#include <string>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct ComputeComparison {
  std::string device;                    // that computes longest; the first by name among equals
  double compute_us = 0.0;               // sum of its spans that are not communication, folded ones included
  double communication_us = 0.0;         // sum of those that are
  double others_compute_us = 0.0;        // median over the other devices
  double others_communication_us = 0.0;  // median over the other devices
  double times = 0.0;                    // compute_us / others_compute_us
  bool is_straggler = false;             // times >= kStragglerTimes, and by more than sampling explains
};

// Below this, differences between equal devices of a busy machine are as large.
inline constexpr double kStragglerTimes = 1.2;

// Standard errors of a sampled trace's sums by which the excess must exceed chance: the longest of several devices is
// picked for being longest.
inline constexpr double kStragglerErrors = 3.0;

// Nothing for fewer than two devices, or when the others do not compute at all.
[[nodiscard]] std::optional<ComputeComparison> compare_compute(const Trace& trace);

}  // namespace ringtail::inline v1
