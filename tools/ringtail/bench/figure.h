// tools/ringtail/bench/figure.h
//
// A measured number: the median of its repetitions, and how far they were apart.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace ringtail::overhead {

struct Figure {
  double median = 0.0;
  double min = 0.0;
  double max = 0.0;
};

// The lower of the two in the middle where the count is even, so that the median is a value that was measured.
// Requires: samples is not empty.
[[nodiscard]] inline Figure figure_of(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>((samples.size() - 1) / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  const double median = *middle;
  const auto [min, max] = std::minmax_element(samples.begin(), samples.end());
  return {median, *min, *max};
}

[[nodiscard]] inline double nanoseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace ringtail::overhead
