#include "demo/sum_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ringtail::demo {

SumCheck::SumCheck(std::size_t workers, std::size_t elements) : workers_(workers), elements_(elements) {
  for (auto& kept : kept_) kept.assign(workers, std::vector<float>(elements));
}

void SumCheck::keep(std::size_t rank, std::uint64_t round, std::span<const float> array) {
  std::ranges::copy(array, kept_[round % 2][rank].begin());
}

double SumCheck::largest_error(std::size_t rank, std::uint64_t round, std::span<const float> sum) const {
  const std::vector<std::vector<float>>& kept = kept_[round % 2];
  double largest = 0.0;
  for (std::size_t i = elements_ * rank / workers_; i < elements_ * (rank + 1) / workers_; ++i) {
    double plain = 0.0;
    double size = 0.0;
    for (const std::vector<float>& part : kept) {
      plain += static_cast<double>(part[i]);
      size += std::abs(static_cast<double>(part[i]));
    }
    const double difference = std::abs(static_cast<double>(sum[i]) - plain);
    if (difference > 0.0) largest = std::max(largest, size > 0.0 ? difference / size : HUGE_VAL);
    if (std::isnan(difference)) return HUGE_VAL;
  }
  return largest;
}

double SumCheck::tolerance() const {
  return static_cast<double>(workers_) * static_cast<double>(std::numeric_limits<float>::epsilon());
}

}  // namespace ringtail::demo
