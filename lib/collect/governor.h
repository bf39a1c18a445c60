// lib/collect/governor.h
//
// Keeps recording within its budget: looks at what recording cost each thread lately, and says how much to thin.
//
// Shape    The thinning is a power of two on top of the rates that the program has set: of the spans that would be
//          kept, one in 2^thinning is. Spans that are sampled out cost something as well, so a budget below that
//          cannot be kept; then thinning ends where more of it would gain nothing, and the trace tells the share that
//          was reached.
//          So it is where what costs the time is not governed: a step that gains nothing is taken back.
// Order    Thins at the first look over the budget, by as much as the excess; takes back one step after a while well
//          below.
// Threads  One at a time (the collector's mutex). Knows no clock: the caller says how long it has been.
#pragma once

#include <cstdint>

#include "record/calibration.h"
#include "ringtail/base/clock.h"

namespace ringtail::inline v1 {

class Governor {
 public:
  // What one thread recorded since the last look.
  struct Load {
    std::uint64_t recorded = 0;  // or folded
    std::uint64_t sampled_out = 0;
  };

  // budget: share of a recording thread's time, in (0, 1].
  Governor(double budget, const RecordingCosts& costs) : budget_(budget), costs_(costs) {}

  // One look: add the load of each thread, then decide. Returns the thinning from now on, as a power of two.
  void add(const Load& load, Nanoseconds since_last_look);
  unsigned decide();

  [[nodiscard]] unsigned thinning() const noexcept { return thinning_; }

 private:
  const double budget_;
  const RecordingCosts costs_;
  double share_ = 0.0;       // of the busiest thread of this look
  double kept_share_ = 0.0;  // of that, for spans that are kept
  unsigned thinning_ = 0;
  double kept_share_before_ = 0.0;  // the last thinning
  unsigned last_steps_ = 0;         // of thinning, at the last look
  int futile_looks_ = 0;            // until thinning is tried again
  int calm_looks_ = 0;              // in a row, far below the budget
};

}  // namespace ringtail::inline v1
