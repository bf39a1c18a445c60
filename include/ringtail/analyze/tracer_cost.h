// ringtail/analyze/tracer_cost.h
//
// What did tracing itself take, of each thread's time and of the process's?
//
// Model    A thread's part is its calls times what one costs on the recording machine (Trace::cost):
//            on its ring * recorded_ns + folded by itself * folded_ns + sampled_out * sampled_out_ns
//          Spans that were folded later, behind the ring (memory bound, overwritten, sink failed, file damaged), cost
//          their thread a record.
// Blocked  is told apart from that: a thread that waits for room loses time, but need not use a CPU.
// Shares   are absent where what they are of is unknown; `unknown` then says what is missing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ringtail/base/clock.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct ThreadTracerCost {
  std::uint64_t spans = 0;               // calls: attempted and sampled out
  std::optional<Nanoseconds> recording;  // in these calls; absent when the trace has no costs
  Nanoseconds blocked{0};
  std::optional<double> share_of_held;  // recording and blocked, of the time that it had a recorder
  std::optional<double> share_of_cpu;   // recording, of its CPU time
  friend bool operator==(const ThreadTracerCost&, const ThreadTracerCost&) = default;
};

struct TracerCostReport {
  std::vector<ThreadTracerCost> threads;  // indexed by ThreadId
  std::optional<Nanoseconds> recording;   // sum over the threads
  Nanoseconds blocked{0};                 // sum over the threads
  ThreadId most_blocked = kNoThread;      // the first that was blocked longest; kNoThread when none was
  std::optional<Nanoseconds> collector;   // CPU time of draining
  // Of the process's CPU time; what tracing took in all is their sum.
  std::optional<double> share_of_threads;
  std::optional<double> share_of_collector;
  // What the session was given: the share of any thread's time that recording may take, in (0, 1]. Neither blocking
  // nor the collector is part of it.
  std::optional<double> budget;
  ThreadId busiest = kNoThread;         // the first whose recording took the largest share of its time
  std::optional<double> busiest_share;  // recording alone, as a budget counts it; absent where none is known
  std::string unknown;                  // one clause, "the trace does not say ..."; empty when every share is there
  friend bool operator==(const TracerCostReport&, const TracerCostReport&) = default;
};

// Where a session says its budget in Trace::metadata: a share as a decimal, "0.01".
inline constexpr std::string_view kBudgetKey = "ringtail.budget";

// Nothing for a trace of a session without one, or when what is there is no share in (0, 1].
[[nodiscard]] std::optional<double> budget_of(const Trace& trace);

// Sums saturate. Times and costs that are negative or not finite count as 0.
[[nodiscard]] TracerCostReport tracer_cost(const Trace& trace);

}  // namespace ringtail::inline v1
