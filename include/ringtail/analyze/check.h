// ringtail/analyze/check.h
//
// Can this trace be believed? Its conservation laws, and what a reader of its results should know.
//
//     for (const Finding& finding : check(trace)) {
//       if (!finding.ok) std::cerr << finding.what << ": " << finding.detail << '\n';
//     }
//
// Every check gives one finding, whether it holds or not, in the order below; what a trace has nothing to say
// about (accounts of threads in a trace of the reference) holds.
//
//   violations   the trace contradicts itself
//     indexes            ids outside the columns, and threads of rows, are in their tables
//     durations          are finite and not negative
//     total duration     is the sum of rows, each as often as its weight says, and folded totals, to 1e-9 relative
//     thread accounts    per thread, attempted == recorded + folded: spans, whatever their weights
//     thread rows        per thread, rows == recorded
//     ledger             per thread, losses == folded; in sum, losses == folded totals, and so the threads' folded
//     weights            are at least 1; more, of rows and of folded totals, only where spans were sampled, if the
//                        trace has threads or categories to say so
//     order              per device, rows ascend by (begin, thread), where every row has a begin
//   notices      allowed, and worth knowing
//     completeness       no spans are folded, asked for or not: the timeline has no holes
//     sampling           every span was timed: totals are no estimates
//     shapes             output_elements and memory_bytes are what the shapes of their row give
//     steps              each row's step is above all before it
//     clock              no span ended before it began
//     dropped shapes     no shapes were left out
//     open spans         none was open at the end
//     tracer times       a thread was blocked no longer than it had its recorder, the collector used no more CPU time
//                        than the process, and none is negative
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

enum class Severity : std::uint8_t { kViolation, kNotice };

struct Finding {
  std::string_view what;                     // the check's name as listed above; static storage
  Severity severity = Severity::kViolation;  // what it means when not ok
  bool ok = true;
  std::string detail;  // one line: what was expected and what was found, the first offender named
};

[[nodiscard]] std::vector<Finding> check(const Trace& trace);

// True when no violation was found; notices do not count.
[[nodiscard]] bool is_consistent(const std::vector<Finding>& findings);

}  // namespace ringtail::inline v1
