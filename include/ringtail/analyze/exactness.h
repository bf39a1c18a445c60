// ringtail/analyze/exactness.h
//
// What a result is worth when spans are missing from the timeline, or when only a sample of them was timed.
//
//              sums                          what looks at single spans: lists, maxima, activity
//   folded     exact: totals are kept        a lower bound: only rows are known
//   sampled    estimates without bias:       a lower bound: what was sampled out cannot be placed in time, and
//              weights make up for the rest  no weight can make a union of intervals right
//
// It does not matter to a result whether spans were folded on purpose (filtered, overwritten) or because something
// went wrong; it does to complete_as_asked(). A category that is switched off is no part of a trace: results are
// about the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// From the best to the worst.
enum class Exactness : std::uint8_t {
  kExact,       // as if no span were missing
  kLowerBound,  // the true value is at least this (of idle time: at most); lists may lack members
  kEstimate,    // off in either direction: of a sample, or rounded (flamegraph: by less than 1 us per folded span)
};

// "exact", "lower bound", "estimate".
[[nodiscard]] const char* name_of(Exactness exactness) noexcept;

enum class Analysis : std::uint8_t {
  kTotals,          // counts and durations: operation_summary, avg_duration_by_op, per_device_summary, total
  kLoadBalance,     // load_balance_metrics, compare_compute
  kCommunication,   // communication_bottlenecks
  kTotalMemory,     // sums of bytes, in the summaries as well
  kPeakMemory,      // peak_memory_bytes
  kMemoryHotspots,  // memory_hotspots
  kSlowest,         // slowest_ops
  kThroughput,      // throughput per row
  kFlamegraph,      // flamegraph_collapsed
  kActivity,        // device_activity: busy and idle time
  kAccounts,        // counts of spans per thread: what was sampled out is counted as well
};

// A loss that no folded total accounts for (drops of an imported tool), or a trace that is unfinished, makes sums
// lower bounds as well; ratios are then of what is known. Shapes that found no room in the signature table make bytes
// a lower bound. Of a sample, both are estimates.
[[nodiscard]] Exactness exactness_of(Analysis analysis, const Trace& trace);

// One span in so many of a category was kept where it was thinned most.
struct SamplingRate {
  std::string category;
  std::uint32_t one_in = 1;
  friend bool operator==(const SamplingRate&, const SamplingRate&) = default;
};

// How much of what happened was timed.
struct Sampling {
  std::uint64_t timed = 0;        // spans whose duration is known: rows and folded spans
  std::uint64_t sampled_out = 0;  // spans that were only counted
  std::uint64_t spans = 0;        // timed and sampled_out; the sum of the weights where the trace has no accounts
  // Of each category that was thinned, at its thinnest; there may have been times in which more was kept. Empty where
  // the trace does not say.
  std::vector<SamplingRate> rates;
  friend bool operator==(const Sampling&, const Sampling&) = default;
};

// Nothing for a trace in which every span was timed.
[[nodiscard]] std::optional<Sampling> sampling_of(const Trace& trace);

// True when every span that was attempted is a row, but for those that the program asked to leave out: nothing went
// wrong. Of an unfinished trace nobody knows.
[[nodiscard]] bool complete_as_asked(const Trace& trace);

}  // namespace ringtail::inline v1
