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

namespace ringtail::inline v1 {

class ClockMap {
 public:
  // pairs: at least one, in the order they were taken. Pairs that do not advance on both clocks are left out.
  ClockMap(Clock::Source source, const std::vector<ClockPair>& pairs);

  // Monotone: a <= b implies to_ns(a) <= to_ns(b).
  [[nodiscard]] std::int64_t to_ns(std::uint64_t ticks) const;

  // The same, for ticks that lie close together one after the other: no search while they stay in a segment.
  class Cursor {
   public:
    explicit Cursor(const ClockMap& map) : map_(&map) {}
    [[nodiscard]] std::int64_t to_ns(std::uint64_t ticks) {
      if (ticks - from_ >= length_) [[unlikely]]
        return move_to(ticks);
      return ns_ + scaled(ticks - from_, rate_);
    }

   private:
    std::int64_t move_to(std::uint64_t ticks);

    const ClockMap* map_;
    std::uint64_t from_ = 0;  // the segment: ticks from here on, in number:
    std::uint64_t length_ = 0;
    std::int64_t ns_ = 0;
    std::uint64_t rate_ = 0;
  };

  // A number of ticks at the map's average rate, rounded.
  [[nodiscard]] std::int64_t duration_ns(std::uint64_t ticks) const;

 private:
  __extension__ using Wide = unsigned __int128;
  // 2^-52 of a nanosecond per tick: a segment of a day is off by less than a nanosecond, and a tick as long as
  // 4 us fits.
  static constexpr unsigned kFractionBits = 52;

  static std::int64_t scaled(std::uint64_t ticks, std::uint64_t rate) {
    return static_cast<std::int64_t>((static_cast<Wide>(ticks) * rate) >> kFractionBits);
  }

  struct Knot {
    std::uint64_t ticks;
    std::int64_t ns;
    std::uint64_t ns_per_tick;  // of the segment that begins here; fixed point, kFractionBits
  };
  std::vector<Knot> knots_;  // empty: identity
  std::uint64_t average_ = 0;
};

}  // namespace ringtail::inline v1
