#include <algorithm>
#include <chrono>
#include <string>

#include "bench/cases.h"
#include "bench/memory.h"
#include "bench/mutex_recorder.h"
#include "bench/payload.h"
#include "bench/rig.h"

namespace ringtail::overhead {
namespace {

constexpr auto kNoPause = [] {};

// The loop around every span, with the same operands looked up and nothing recorded.
Result<Sample> empty_loop(std::size_t spans) {
  return Sample{median_burst_ns(spans, kNoPause, [](std::size_t i) {
    keep(&turn(same_operands, i));
    opaque();
  })};
}

template <class Now>
Result<Sample> two_reads(std::size_t spans, Now now) {
  return Sample{median_burst_ns(spans, kNoPause, [&](std::size_t) {
    keep(now());
    opaque();
    keep(now());
  })};
}

// All of a round's entries are kept until its end, as a recorder does: taking memory for them is part of it.
Result<Sample> mutex_vector(std::size_t spans) {
  forget_free_memory();
  MutexRecorder recorder(Clock::best());
  const double ns = median_burst_ns(spans, kNoPause, [&](std::size_t i) { recorder.span(turn(same_operands, i)); });
  const std::size_t kept = recorder.take_count();
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
      {"two_clock_reads_ns", "two clock reads", Unit::kNanoseconds,
       [spans] { return two_reads(spans, [clock = Clock::best()] { return clock.now().value; }); }},
      {"two_steady_clock_reads_ns", "two reads of steady_clock", Unit::kNanoseconds,
       [spans] { return two_reads(spans, [] { return std::chrono::steady_clock::now(); }); }},
      {"mutex_vector_ns", "mutex + vector of owned names", Unit::kNanoseconds,
       [spans] { return mutex_vector(std::min(spans, kMutexSpans)); }},
  };
}

}  // namespace ringtail::overhead
