// tools/ringtail/bench/latencies.h
//
// Spans timed one by one, and what their percentiles are.
//
// Units    Nanoseconds, less the median of two clock reads with nothing between. A recorded span's own two reads are
//          part of it. Nothing is finer than a step of the counter (clock_step_ns).
// Cost     Eight bytes per span, all of them touched before anything is timed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ringtail/base/clock.h"

namespace ringtail::overhead {

struct Percentiles {
  double p50 = 0.0;
  double p99 = 0.0;
  double p999 = 0.0;
  double max = 0.0;
};

class Latencies {
 public:
  explicit Latencies(std::size_t expected) : ticks_(expected) { ticks_.clear(); }

  // Calls span(first), span(first + 1), ... and times each.
  template <class Span>
  void time(Span& span, std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) {
      const Ticks begin = clock_.now();
      span(i);
      add(begin, clock_.now());
    }
  }

  void add(Ticks begin, Ticks end) { ticks_.push_back(end.value - begin.value); }
  [[nodiscard]] Ticks now() const noexcept { return clock_.now(); }

  // Requires: at least one span.
  [[nodiscard]] Percentiles percentiles() const {
    const double empty = nearest_rank(empty_pairs(), 0.5);
    const double ns_per_tick = this->ns_per_tick();
    const auto ns = [&](double share) { return std::max(0.0, nearest_rank(ticks_, share) - empty) * ns_per_tick; };
    return {ns(0.5), ns(0.99), ns(0.999), ns(1.0)};
  }

  // Ticks between two reads with nothing but a varying number of instructions between.
  [[nodiscard]] std::vector<std::uint64_t> varied_pairs() const {
    return pairs([](std::size_t i) {
      for (std::size_t pause = 0; pause < i % 64; ++pause) asm volatile("");
    });
  }

  [[nodiscard]] double ns_per_tick() const {
    const ClockPair end = clock_.pair();
    return static_cast<double>((end.monotonic - start_.monotonic).count()) /
           static_cast<double>(end.ticks.value - start_.ticks.value);
  }

 private:
  template <class Between>
  [[nodiscard]] std::vector<std::uint64_t> pairs(Between between) const {
    constexpr std::size_t kPairs = 16'384;
    std::vector<std::uint64_t> pairs(kPairs);
    for (std::size_t i = 0; i < kPairs; ++i) {
      const Ticks begin = clock_.now();
      between(i);
      pairs[i] = clock_.now().value - begin.value;
    }
    return pairs;
  }

  [[nodiscard]] std::vector<std::uint64_t> empty_pairs() const {
    return pairs([](std::size_t) {});
  }

  static double nearest_rank(std::vector<std::uint64_t> samples, double share) {
    const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(samples.size() - 1));
    std::nth_element(samples.begin(), samples.begin() + rank, samples.end());
    return static_cast<double>(samples[static_cast<std::size_t>(rank)]);
  }

  Clock clock_ = Clock::best();
  ClockPair start_ = clock_.pair();
  std::vector<std::uint64_t> ticks_;
};

// The step of a counter, in its ticks, from differences of its values: values one tick apart are one step (a counter
// that steps by 10 ns at 2.6 GHz moves by 25 or 26 ticks), and the step is the mean distance of the groups. 1 when
// the differences are all next to each other. Requires: differences is not empty.
[[nodiscard]] inline double step_of(std::vector<std::uint64_t> differences) {
  std::sort(differences.begin(), differences.end());
  const std::uint64_t most = 4 * std::max<std::uint64_t>(1, differences.front());  // further ones were interrupted
  std::size_t groups = 1;
  std::size_t last = 0;
  for (std::size_t i = 1; i < differences.size() && differences[i] <= most; ++i) {
    groups += differences[i] > differences[i - 1] + 1 ? 1 : 0;
    last = i;
  }
  if (groups == 1) return 1.0;
  return static_cast<double>(differences[last] - differences.front()) / static_cast<double>(groups - 1);
}

// The step of Clock::best(), in nanoseconds: what percentiles are multiples of.
[[nodiscard]] inline double clock_step_ns() {
  const Latencies probe(0);
  const std::vector<std::uint64_t> differences = probe.varied_pairs();
  return step_of(differences) * probe.ns_per_tick();
}

}  // namespace ringtail::overhead
