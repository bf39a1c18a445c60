// ringtail/analyze/communication.h
//
// Which communication operations take a large share of the trace?
//
// The rule is the reference's and goes by name alone: it also takes "command" and "append_send_log", and
// misses collectives that are called otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct CommunicationBottleneck {
  std::string operation;
  double total_duration_us = 0.0;
  double ratio_of_total = 0.0;   // of the trace's total_duration_us, which is taken as at least 1e-9 us
  std::uint64_t call_count = 0;  // folded spans included and weights counted, as in the duration
  friend bool operator==(const CommunicationBottleneck&, const CommunicationBottleneck&) = default;
};

// True when the name contains, in any ASCII case, one of allreduce, all_gather, reduce_scatter, broadcast,
// send, recv, comm.
[[nodiscard]] bool is_communication(std::string_view operation);

// The communication operations whose ratio is at least `min_ratio`, longest first, equal ones by name.
[[nodiscard]] std::vector<CommunicationBottleneck> communication_bottlenecks(const Trace& trace, double min_ratio);

}  // namespace ringtail::inline v1
