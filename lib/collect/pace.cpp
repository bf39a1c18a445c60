#include "collect/pace.h"

#include <algorithm>

namespace ringtail::inline v1 {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Pace::Duration kAssumedFill = microseconds{328};
constexpr double kNearlyEmpty = 1.0 / 16;  // of a ring: slowing down by half leaves room for a sudden start
constexpr Pace::Duration kKnown = milliseconds{200};  // after so long what is assumed gives way to what was seen
constexpr Pace::Duration kSilence = seconds{1};       // after so long, what was seen of rings counts no more

}  // namespace

Pace::Pace(Duration shortest, Duration longest)
    : shortest_(shortest), longest_(std::max(shortest, longest)), interval_(shortest) {}

void Pace::hurry() noexcept {
  interval_ = shortest_;
  silent_ = Duration{0};
  known_for_ = Duration{0};
}

Pace::Duration Pace::after(double fullest, Duration elapsed) {
  silent_ = fullest > 0.0 ? Duration{0} : silent_ + elapsed;
  if (fullest > 0.0) {
    const auto fill = Duration{static_cast<Duration::rep>(static_cast<double>(elapsed.count()) / fullest)};
    seen_ = std::min(seen_, fill);
  }
  known_for_ += elapsed;
  const Duration fill = known_for_ >= kKnown ? seen_ : std::min(seen_, kAssumedFill);
  if (fullest > kNearlyEmpty || (fullest > 0.0 && silent_before_)) {
    interval_ = shortest_;
  } else {
    const Duration most = silent_ >= kSilence ? longest_ : std::clamp(fill / 2, shortest_, longest_);
    interval_ = std::clamp(interval_ * 2, shortest_, most);
  }
  silent_before_ = silent_ >= kSilence;
  return interval_;
}

}  // namespace ringtail::inline v1
