// ringtail/analyze/summary.h
//
// How often, how long and how much memory: sums per operation and per device.
//
// Shape    Maps by name in byte order, one key for every name that at least one span has.
// Units    Durations: microseconds. Memory: bytes, saturated at 2^64-1.
// Exact    Durations are added in trace order, then the folded totals in theirs, so equal traces give equal sums to
//          the last bit. Folded spans are counted: holes in the timeline are none here (see exactness.h). Where
//          spans were sampled, each counts as often as its weight says: the sums are estimates without bias.
// Cost     One pass over the rows; names are touched once per name.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct Summary {
  std::uint64_t count = 0;  // spans, saturated at 2^64-1
  double total_duration_us = 0.0;
  std::uint64_t total_memory_bytes = 0;
  friend bool operator==(const Summary&, const Summary&) = default;
};

[[nodiscard]] std::map<std::string, Summary> operation_summary(const Trace& trace);

// Only spans that have a device; the empty name is a device like any other.
[[nodiscard]] std::map<std::string, Summary> per_device_summary(const Trace& trace);

// Sum divided by count, of operation_summary.
[[nodiscard]] std::map<std::string, double> avg_duration_by_op(const Trace& trace);

}  // namespace ringtail::inline v1
