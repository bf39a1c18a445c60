// lib/collect/clock_map.h
//
// From ticks to nanoseconds: a monotone, piecewise-linear map through moments known on both clocks.
//
// Begins and ends go through the same map, so the order of ticks is the order of nanoseconds: a child never sticks
// out of its parent. Before the first and after the last pair the nearest segment goes on.
//
// Units    CLOCK_MONOTONIC nanoseconds; the map of a clock that counts nanoseconds itself is the identity.
#pragma once

#include <cstdint>
#include <vector>

#include "ringtail/base/clock.h"

namespace ringtail {

class ClockMap {
 public:
  // pairs: at least one, in the order they were taken. Pairs that do not advance on both clocks are left out.
  ClockMap(Clock::Source source, const std::vector<ClockPair>& pairs);

  // Monotone: a <= b implies to_ns(a) <= to_ns(b).
  [[nodiscard]] std::int64_t to_ns(std::uint64_t ticks) const;

  // A number of ticks at the map's average rate, rounded.
  [[nodiscard]] std::int64_t duration_ns(std::uint64_t ticks) const;

 private:
  struct Knot {
    std::uint64_t ticks;
    std::int64_t ns;
    std::uint64_t ns_per_tick;  // of the segment that begins here; fixed point, kFractionBits
  };
  std::vector<Knot> knots_;  // empty: identity
  std::uint64_t average_ = 0;
};

}  // namespace ringtail
