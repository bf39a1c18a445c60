#include "collect/clock_map.h"

#include <algorithm>

namespace ringtail {
namespace {

__extension__ using Wide = unsigned __int128;

// 2^-52 of a nanosecond per tick: a segment of a day is off by less than a nanosecond, and a tick as long as
// 4 us fits.
constexpr unsigned kFractionBits = 52;

std::uint64_t rate_of(std::uint64_t ticks, std::int64_t ns) {
  return static_cast<std::uint64_t>((static_cast<Wide>(static_cast<std::uint64_t>(ns)) << kFractionBits) / ticks);
}

std::int64_t scaled(std::uint64_t ticks, std::uint64_t rate) {
  return static_cast<std::int64_t>((static_cast<Wide>(ticks) * rate) >> kFractionBits);
}

}  // namespace

ClockMap::ClockMap(Clock::Source source, const std::vector<ClockPair>& pairs) {
  if (source != Clock::Source::kCounter) return;
  for (const ClockPair& pair : pairs) {
    const Knot knot{pair.ticks.value, pair.monotonic.count(), std::uint64_t{1} << kFractionBits};
    if (!knots_.empty() && (knot.ticks <= knots_.back().ticks || knot.ns <= knots_.back().ns)) continue;
    knots_.push_back(knot);
  }
  if (knots_.size() > 1) {
    for (std::size_t i = 0; i + 1 < knots_.size(); ++i) {
      knots_[i].ns_per_tick = rate_of(knots_[i + 1].ticks - knots_[i].ticks, knots_[i + 1].ns - knots_[i].ns);
    }
    average_ = rate_of(knots_.back().ticks - knots_.front().ticks, knots_.back().ns - knots_.front().ns);
    knots_.back().ns_per_tick = knots_[knots_.size() - 2].ns_per_tick;
  } else {
    average_ = knots_.front().ns_per_tick;
  }
}

std::int64_t ClockMap::to_ns(std::uint64_t ticks) const {
  if (knots_.empty()) return static_cast<std::int64_t>(ticks);
  const auto after = std::upper_bound(knots_.begin(), knots_.end(), ticks,
                                      [](std::uint64_t t, const Knot& knot) { return t < knot.ticks; });
  if (after == knots_.begin()) {
    return knots_.front().ns - scaled(knots_.front().ticks - ticks, knots_.front().ns_per_tick);
  }
  const Knot& knot = *(after - 1);
  return knot.ns + scaled(ticks - knot.ticks, knot.ns_per_tick);
}

std::int64_t ClockMap::duration_ns(std::uint64_t ticks) const {
  if (knots_.empty()) return static_cast<std::int64_t>(ticks);
  return static_cast<std::int64_t>((static_cast<Wide>(ticks) * average_ + (Wide{1} << (kFractionBits - 1))) >>
                                   kFractionBits);
}

}  // namespace ringtail
