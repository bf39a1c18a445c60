// ringtail/analyze/exactness.h
//
// What a result is worth when spans are missing from the timeline.
//
// Folded spans keep exact totals per (op, device), so everything made of sums is exact; what looks at single
// spans knows only those that are rows.
#pragma once

#include <cstdint>

#include "ringtail/trace/trace.h"

namespace ringtail {

enum class Exactness : std::uint8_t {
  kExact,       // as if no span were missing
  kLowerBound,  // the true value is at least this; lists may lack members
  kEstimate,    // off by less than one microsecond per folded span, in either direction
};

// "exact", "lower bound", "estimate".
[[nodiscard]] const char* name_of(Exactness exactness) noexcept;

enum class Analysis : std::uint8_t {
  kTotals,          // counts and durations: operation_summary, avg_duration_by_op, per_device_summary, total
  kLoadBalance,     // load_balance_metrics
  kCommunication,   // communication_bottlenecks
  kTotalMemory,     // sums of bytes, in the summaries as well
  kPeakMemory,      // peak_memory_bytes
  kMemoryHotspots,  // memory_hotspots
  kSlowest,         // slowest_ops
  kThroughput,      // throughput per row
  kFlamegraph,      // flamegraph_collapsed
};

// A loss that no folded total accounts for (drops of an imported tool) makes sums lower bounds as well; ratios are
// then of what is known. Shapes that found no room in the signature table make bytes a lower bound.
[[nodiscard]] Exactness exactness_of(Analysis analysis, const Trace& trace);

}  // namespace ringtail
