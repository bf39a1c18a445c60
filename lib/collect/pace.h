// lib/collect/pace.h
//
// How long the collector thread sleeps between two passes.
//
// While rings fill, the shortest interval. While they stay nearly empty, twice as long each time, up to half the time
// in which the fastest ring seen in this run would fill. A run begins as if a ring had filled in 16,384 spans of 20
// ns, two reads of the clock: for 200 ms after the start and after each lease little is known of its threads. After a
// second in which nothing came, up to the longest interval, whatever was seen before. A pass that finds something,
// and a new lease, start again at the shortest.
//
// A wake-up costs 5 to 20 us of CPU time on a virtual machine (benchmarks/README.md), so an idle session is as
// expensive as it is often woken. No producer ever has to wake it.
//
// Threads  One at a time.
#pragma once

#include <chrono>

namespace ringtail::inline v1 {

class Pace {
 public:
  using Duration = std::chrono::nanoseconds;

  // longest: not below shortest.
  Pace(Duration shortest, Duration longest);

  // The interval after a pass that found `fullest` of a ring (a share of its entries), `elapsed` after the one
  // before.
  [[nodiscard]] Duration after(double fullest, Duration elapsed);

  // The next interval is the shortest.
  void hurry() noexcept;

 private:
  Duration shortest_;
  Duration longest_;
  Duration interval_;
  Duration seen_ = Duration::max();  // shortest time in which a ring would have filled
  Duration known_for_{0};            // since the start, or since a thread leased a lane
  Duration silent_{0};               // since something came
  bool silent_before_ = false;       // for a second
};

}  // namespace ringtail::inline v1
