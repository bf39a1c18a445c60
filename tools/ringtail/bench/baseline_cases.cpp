#include <memory>

#include "bench/cases.h"
#include "bench/mutex_recorder.h"
#include "bench/payload.h"
#include "bench/rig.h"

namespace ringtail::overhead {
namespace {

constexpr auto kNoPause = [] {};

Result<Sample> empty_loop(std::size_t spans) {
  return Sample{median_burst_ns(spans, kNoPause, [](std::size_t i) { keep(i); })};
}

Result<Sample> two_clock_reads(std::size_t spans) {
  const Clock clock = Clock::best();
  return Sample{median_burst_ns(spans, kNoPause, [&](std::size_t) {
    keep(clock.now().value);
    opaque();
    keep(clock.now().value);
  })};
}

Result<Sample> mutex_vector(std::size_t spans) {
  MutexRecorder recorder(Clock::best());
  std::size_t kept = 0;
  const double ns = median_burst_ns(
      spans,
      [&] { kept += recorder.take_count(); },  // so that memory stays bounded; growing is timed, as in real use
      [&](std::size_t i) { recorder.span(turn(same_operands, i)); });
  kept += recorder.take_count();
  if (kept != spans) {
    return Error{ErrorCode::kInvalid,
                 "expected " + std::to_string(spans) + " entries, found " + std::to_string(kept)};
  }
  return Sample{ns};
}

}  // namespace

std::vector<Case> baseline_cases(const Workload& workload) {
  const std::size_t spans = workload.spans;
  return {
      {"empty_loop_ns", "empty loop", Unit::kNanoseconds, [spans] { return empty_loop(spans); }},
      {"two_clock_reads_ns", "two clock reads", Unit::kNanoseconds, [spans] { return two_clock_reads(spans); }},
      {"mutex_vector_ns", "mutex + vector of owned names", Unit::kNanoseconds,
       [spans] { return mutex_vector(std::min(spans, kBurst)); }},
  };
}

}  // namespace ringtail::overhead
