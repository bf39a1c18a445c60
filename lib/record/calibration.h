// lib/record/calibration.h
//
// What one recording call costs on this machine, by making some thousand of them.
//
// Units    Nanoseconds per span, caches warm, nothing else on the core: in a program whose working set fills the
//          caches a span costs two to three times as much (benchmarks/README.md, cold).
// Errors   Zeros when there is no memory for a lane.
// Threads  Any. Takes about half a millisecond.
#pragma once

#include "ringtail/base/clock.h"

namespace ringtail::inline v1 {

struct RecordingCosts {
  double recorded_ns = 0.0;     // a span with two input shapes, both clock reads included
  double folded_ns = 0.0;       // the same, ring full
  double sampled_out_ns = 0.0;  // the same, sampled out
};

[[nodiscard]] RecordingCosts calibrate(Clock clock);

}  // namespace ringtail::inline v1
