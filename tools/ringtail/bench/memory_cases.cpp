#include <algorithm>
#include <memory>

#include "bench/cases.h"
#include "bench/memory.h"
#include "bench/mutex_recorder.h"
#include "bench/rig.h"
#include "bench/spans.h"

namespace ringtail::overhead {
namespace {

struct Footprint {
  double log = 0.0;
  double trace = 0.0;
};

// Bytes per span of the log while recording, and of the trace that it becomes. Names, shapes and rings are there
// before.
Result<Footprint> footprint(const Workload& workload) {
  Rig rig(std::nullopt, {.ring_entries = kRing, .collector_thread = false});
  if (const Status started = rig.start(); !started.ok()) return started.error();
  const Site site = rig.site();
  full_span(site, same_operands[0]);
  rig.session().drain_once();
  const std::size_t before = heap_bytes();
  const std::size_t resident_before = resident_bytes();
  for (std::size_t i = 1; i < workload.spans; ++i) {
    full_span(site, turn(same_operands, i));
    if (i % kBurst == 0) rig.session().drain_once();
  }
  rig.session().drain_once();
  const auto spans = static_cast<double>(workload.spans);
  const auto per_span = [spans](std::size_t now, std::size_t then) {
    return (static_cast<double>(now) - static_cast<double>(then)) / spans;
  };
  const double log = per_span(resident_bytes(), resident_before);
  static_cast<void>(rig.session().stop());  // without a sink nothing fails
  const Trace trace = rig.session().take_trace();
  const double of_trace = per_span(heap_bytes(), before);
  const auto folded = check_account(trace, {.attempted = workload.spans});
  if (!folded.ok()) return folded.error();
  return Footprint{log, of_trace};
}

Result<Sample> mutex_vector_bytes(std::size_t spans) {
  const std::size_t before = heap_bytes();
  MutexRecorder recorder(Clock::best());
  for (std::size_t i = 0; i < spans; ++i) recorder.span(turn(same_operands, i));
  const double bytes = (static_cast<double>(heap_bytes()) - static_cast<double>(before)) / static_cast<double>(spans);
  if (recorder.take_count() != spans) return Error{ErrorCode::kInvalid, "expected every span in the vector"};
  return Sample{bytes};
}

}  // namespace

std::vector<Case> memory_cases(const Workload& workload) {
  const auto last = std::make_shared<Footprint>();
  const auto log = [last, workload]() -> Result<Sample> {
    const Result<Footprint> found = footprint(workload);
    if (!found.ok()) return found.error();
    *last = found.value();
    return Sample{last->log};
  };
  const auto trace = [last]() -> Result<Sample> { return Sample{last->trace}; };
  const std::size_t spans = std::min(workload.spans, kMutexSpans);
  return {
      {"log_bytes_per_span", "log, while recording", Unit::kBytes, log},
      {"trace_bytes_per_span", "trace, taken", Unit::kBytes, trace},
      {"mutex_vector_bytes_per_span", "mutex + vector of owned names", Unit::kBytes,
       [spans] { return mutex_vector_bytes(spans); }},
  };
}

}  // namespace ringtail::overhead
