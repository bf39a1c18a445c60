#include "ringtail/analyze/balance.h"

#include <cmath>

#include "ringtail/analyze/summary.h"

namespace ringtail::inline v1 {

std::optional<LoadBalance> load_balance_metrics(const Trace& trace) {
  const auto devices = per_device_summary(trace);
  if (devices.size() < 2) return std::nullopt;
  LoadBalance balance;
  for (const auto& [name, summary] : devices) {
    balance.per_device_duration_us.emplace_back(name, summary.total_duration_us);
    balance.total_duration_us += summary.total_duration_us;
    balance.max_duration_us = std::fmax(balance.max_duration_us, summary.total_duration_us);  // a NaN is no maximum
  }
  balance.ideal_duration_us = balance.total_duration_us / static_cast<double>(devices.size());
  if (balance.ideal_duration_us > 0.0) {
    const double over = (balance.max_duration_us - balance.ideal_duration_us) / balance.ideal_duration_us;
    balance.imbalance_ratio = std::fmax(over, 0.0);
  }
  return balance;
}

}  // namespace ringtail::inline v1
