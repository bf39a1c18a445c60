// tools/ringtail/analysis.h
//
// Every analysis of one trace, as text for people and as JSON for programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

#include "json_writer.h"
#include "ringtail/trace/trace.h"
#include "terminal.h"

namespace ringtail::cli {

struct AnalysisOptions {
  std::uint64_t memory_threshold_bytes = 1U << 20U;  // memory hotspots are strictly above it
  double min_comm_ratio = 0.05;                      // of the trace's total duration
  std::uint64_t top = 10;                            // rows in lists that could be long
};

// Fits the terminal's width; says of every part whether it is exact.
void write_analysis_text(const Trace& trace, const std::string& name, const AnalysisOptions& options,
                         const Terminal& terminal, std::ostream& out);

// The results as one object: the reference's keys sorted, then "ringtail" with what only the runtime knows,
// left out when the trace has none of it. A `name` goes first, as "file"; without one there is no such key.
//
// Members of "ringtail", sorted; what is unknown is null:
//   activity   window_ns, devices by name: computing_ns, communicating_ns, idle_ns
//   exactness  per key of the results "exact", "lower bound" or "estimate"
//   folded     exact totals of the spans that are not rows
//   ledger     whose they were, when and why
//   straggler  the device that the others wait for
//   threads    their accounts
//   tracer     what tracing took and what it left out:
//     blocked_ns, most_blocked_thread     waited for room in a ring: all threads; index of the one that waited most
//     budget                              share, of any thread's time; kept, of the whole time; busiest_thread and
//                                         its busiest_thread_share, recording alone; null when there was none
//     categories                          not recorded whole: name, recorded, one_in, shortest_ns, governed
//     cost_per_span_ns                    calibrated: recorded, folded, sampled_out
//     recording_ns                        of all threads in the recorder's calls
//     collector_cpu_ns, process_cpu_ns, wall_ns
//     share_of_process_cpu_in_threads, share_of_process_cpu_in_collector
//     sampling                            spans, and of these timed and sampled_out; null when all were timed
//     threads                             name, spans, sampled_out, recording_ns, blocked_ns, held_ns, cpu_ns,
//                                         share_of_held (recording and blocked), share_of_cpu (recording)
//     unknown                             why a share is null, as a clause
//   unfinished how far a file goes that has no end; only then
//   weights    of a sample: how many spans each stands for that memory_hotspot_steps and slowest_steps name
void write_analysis_json(const Trace& trace, const std::string* name, const AnalysisOptions& options,
                         JsonWriter& json);

}  // namespace ringtail::cli
