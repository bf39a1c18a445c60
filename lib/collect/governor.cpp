#include "collect/governor.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ringtail::inline v1 {
namespace {

constexpr unsigned kMostThinning = 24;
constexpr double kLittle = 0.1;   // of the budget: kept spans that take less are not worth thinning further
constexpr double kCalm = 0.4;     // of the budget: twice as many kept spans stay within it
constexpr double kGain = 0.75;    // a step that leaves more than this of the kept spans' share has gained nothing
constexpr int kFutileLooks = 50;  // after such a step, until the next try
constexpr int kCalmLooks = 10;    // before a step back: a load that comes and goes does not make the rate do so

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
  const unsigned last_steps = std::exchange(last_steps_, 0U);
  if (futile_looks_ > 0) --futile_looks_;
  if (share_ > budget_) {
    calm_looks_ = 0;
    if (last_steps > 0 && kept_share_ > kGain * kept_share_before_) {
      // What costs the time is not ours to thin: the spans that are need not be given up for it.
      thinning_ -= last_steps;
      futile_looks_ = kFutileLooks;
    } else if (futile_looks_ == 0 && kept_share_ > kLittle * budget_) {
      // What may be left for kept spans, beside those that are sampled out.
      const double room = std::max(budget_ - (share_ - kept_share_), kLittle * budget_);
      const double steps = std::ceil(std::log2(std::max(kept_share_ / room, 2.0)));
      const unsigned thinner = std::min(thinning_ + static_cast<unsigned>(steps), kMostThinning);
      last_steps_ = thinner - thinning_;
      kept_share_before_ = kept_share_;
      thinning_ = thinner;
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

}  // namespace ringtail::inline v1
