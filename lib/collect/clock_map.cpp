#include "collect/clock_map.h"

#include <algorithm>

namespace ringtail::inline v1 {
ClockMap::ClockMap(Clock::Source source, const std::vector<ClockPair>& pairs) {
  if (source != Clock::Source::kCounter) return;
  const auto rate = [](std::uint64_t ticks, std::int64_t ns) {
    return static_cast<std::uint64_t>((static_cast<Wide>(static_cast<std::uint64_t>(ns)) << kFractionBits) / ticks);
  };
  for (const ClockPair& pair : pairs) {
    const Knot knot{pair.ticks.value, pair.monotonic.count(), std::uint64_t{1} << kFractionBits};
    if (!knots_.empty() && (knot.ticks <= knots_.back().ticks || knot.ns <= knots_.back().ns)) continue;
    knots_.push_back(knot);
  }
  if (knots_.size() > 1) {
    for (std::size_t i = 0; i + 1 < knots_.size(); ++i) {
      knots_[i].ns_per_tick = rate(knots_[i + 1].ticks - knots_[i].ticks, knots_[i + 1].ns - knots_[i].ns);
    }
    average_ = rate(knots_.back().ticks - knots_.front().ticks, knots_.back().ns - knots_.front().ns);
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

std::int64_t ClockMap::Cursor::move_to(std::uint64_t ticks) {
  const std::vector<Knot>& knots = map_->knots_;
  if (knots.empty()) {
    length_ = ~std::uint64_t{0};
    rate_ = std::uint64_t{1} << kFractionBits;
    return static_cast<std::int64_t>(ticks);
  }
  const auto after = std::upper_bound(knots.begin(), knots.end(), ticks,
                                      [](std::uint64_t t, const Knot& knot) { return t < knot.ticks; });
  if (after == knots.begin())
    return map_->to_ns(ticks);  // before the start: rare enough to be searched for each time
  const Knot& knot = *(after - 1);
  from_ = knot.ticks;
  length_ = after == knots.end() ? ~std::uint64_t{0} - from_ : after->ticks - from_;
  ns_ = knot.ns;
  rate_ = knot.ns_per_tick;
  return ns_ + scaled(ticks - from_, rate_);
}

std::int64_t ClockMap::duration_ns(std::uint64_t ticks) const {
  if (knots_.empty()) return static_cast<std::int64_t>(ticks);
  return static_cast<std::int64_t>((static_cast<Wide>(ticks) * average_ + (Wide{1} << (kFractionBits - 1))) >>
                                   kFractionBits);
}

}  // namespace ringtail::inline v1
