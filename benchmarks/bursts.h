// benchmarks/bursts.h
//
// How a span is timed: bursts that are timed as a whole, which gives the row's time, and between them bursts
// that are timed span by span, which give its percentiles.
//
// Units    Percentiles: nanoseconds, less the median of two clock reads with nothing between; their
// resolution is
//          the counter's (10 ns on AMD Zen), and two reads of their own are part of what a recorded span
//          costs.
// Threads  measure() runs on every thread of a row; percentile counters are averages over the threads.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bench/figure.h"
#include "bench/machine.h"
#include "bench/payload.h"
#include "bench/rig.h"
#include "ringtail/base/clock.h"

namespace ringtail::benchmarks {

inline constexpr std::size_t kTimedOneByOne = 4'096;  // spans after each burst

// The CPU of a row's n-th thread: the collector's is used last.
[[nodiscard]] inline std::optional<int> cpu_of(const benchmark::State& state) {
  const std::vector<int> cpus = overhead::cpus_by_core();
  if (cpus.size() < 2) return std::nullopt;
  const auto thread = static_cast<std::size_t>(state.thread_index());
  const auto threads = static_cast<std::size_t>(state.threads());
  if (threads >= cpus.size()) return cpus[thread % cpus.size()];
  return cpus[thread == 0 ? 0 : thread + 1];  // cpus[1] is the collector's
}

// The collector's CPU, for what starts a thread.
[[nodiscard]] inline std::optional<int> collector_cpu() {
  const auto cpus = overhead::two_cpus();
  return cpus ? std::optional(cpus->collector) : std::nullopt;
}

// Where the threads of a row wait for each other. Made by the row's Setup.
inline std::unique_ptr<std::barrier<>> rendezvous;

inline void make_rendezvous(const benchmark::State& state) {
  rendezvous = std::make_unique<std::barrier<>>(state.threads());
}

inline void meet(const benchmark::State& state) {
  if (state.threads() > 1) rendezvous->arrive_and_wait();
}

class Latencies {
 public:
  explicit Latencies(std::size_t expected) { ticks_.reserve(expected); }

  template <class Span>
  void time(Span& span, std::size_t first) {
    for (std::size_t i = first; i < first + kTimedOneByOne; ++i) {
      const Ticks begin = clock_.now();
      span(i);
      ticks_.push_back(clock_.now().value - begin.value);
    }
  }

  void add(std::uint64_t ticks) { ticks_.push_back(ticks); }

  void report(benchmark::State& state) {
    const ClockPair end = clock_.pair();
    const double ns_per_tick = static_cast<double>((end.monotonic - start_.monotonic).count()) /
                               static_cast<double>(end.ticks.value - start_.ticks.value);
    const double empty = percentile(empty_pairs(), 0.5);
    for (const auto& [name, share] : {std::pair{"p50_ns", 0.5}, {"p99_ns", 0.99}, {"p99.9_ns", 0.999}}) {
      const double ns = std::max(0.0, percentile(ticks_, share) - empty) * ns_per_tick;
      state.counters[name] = benchmark::Counter(ns, benchmark::Counter::kAvgThreads);
    }
  }

 private:
  [[nodiscard]] std::vector<std::uint64_t> empty_pairs() const {
    std::vector<std::uint64_t> pairs;
    for (std::size_t i = 0; i < kTimedOneByOne; ++i) {
      const Ticks begin = clock_.now();
      pairs.push_back(clock_.now().value - begin.value);
    }
    return pairs;
  }

  // Nearest rank. Requires: samples is not empty.
  static double percentile(std::vector<std::uint64_t> samples, double share) {
    const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(samples.size() - 1));
    std::nth_element(samples.begin(), samples.begin() + rank, samples.end());
    return static_cast<double>(samples[static_cast<std::size_t>(rank)]);
  }

  Clock clock_ = Clock::best();
  ClockPair start_ = clock_.pair();
  std::vector<std::uint64_t> ticks_;
};

// Times state.max_iterations spans in bursts of `burst`. `settle` runs untimed before every burst of either
// kind. Returns how many spans this thread made. Requires: the iterations are a multiple of the burst, or
// fewer.
template <class Span, class Settle>
std::uint64_t measure(benchmark::State& state, std::size_t burst, Span span, Settle settle) {
  const std::size_t iterations = state.max_iterations;
  burst = std::min(burst, iterations);
  std::uint64_t spans = 0;
  Latencies latencies(iterations / burst * kTimedOneByOne);
  std::vector<double> bursts;
  settle();
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(burst))) {
    meet(state);
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = spans; i < spans + burst; ++i) span(i);
    bursts.push_back(overhead::nanoseconds_since(begin) / static_cast<double>(burst));
    meet(state);
    state.PauseTiming();
    spans += burst;
    settle();
    latencies.time(span, spans);
    spans += kTimedOneByOne;
    settle();
    meet(state);  // what is not timed is over on every thread
    state.ResumeTiming();
  }
  state.counters["burst_ns"] =
      benchmark::Counter(overhead::figure_of(bursts).median, benchmark::Counter::kAvgThreads);
  latencies.report(state);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  return spans;
}

}  // namespace ringtail::benchmarks
