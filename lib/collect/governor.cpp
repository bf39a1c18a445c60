#include "collect/governor.h"

#include <algorithm>
#include <cmath>

namespace ringtail {
namespace {

constexpr unsigned kMostThinning = 24;
constexpr double kLittle = 0.1;  // of the budget: kept spans that take less are not worth thinning further
constexpr double kCalm = 0.4;    // of the budget: twice as many kept spans stay within it
constexpr int kCalmLooks = 10;   // before a step back: a load that comes and goes does not make the rate do so

}  // namespace

void Governor::add(const Load& load, Nanoseconds since_last_look) {
  if (since_last_look.count() <= 0) return;
  const double time = static_cast<double>(since_last_look.count());
  const double kept = static_cast<double>(load.recorded) * costs_.recorded_ns / time;
  const double share = kept + static_cast<double>(load.sampled_out) * costs_.sampled_out_ns / time;
  if (share <= share_) return;
  share_ = share;
  kept_share_ = kept;
}

unsigned Governor::decide() {
  if (share_ > budget_) {
    calm_looks_ = 0;
    if (kept_share_ > kLittle * budget_) {
      // What may be left for kept spans, beside those that are sampled out.
      const double room = std::max(budget_ - (share_ - kept_share_), kLittle * budget_);
      const double steps = std::ceil(std::log2(std::max(kept_share_ / room, 2.0)));
      thinning_ = std::min(thinning_ + static_cast<unsigned>(steps), kMostThinning);
    }
  } else if (share_ > kCalm * budget_) {
    calm_looks_ = 0;
  } else if (thinning_ > 0 && ++calm_looks_ >= kCalmLooks) {
    --thinning_;
    calm_looks_ = 0;
  }
  share_ = 0.0;
  kept_share_ = 0.0;
  return thinning_;
}

}  // namespace ringtail
