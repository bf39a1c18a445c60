// benchmarks/bursts.h
//
// How a span is timed: bursts that are timed as a whole, which gives the row's time, and between them bursts
// that are timed span by span, which give its percentiles.
//
// Units    Percentiles as in bench/latencies.h.
// Threads  measure() runs on every thread of a row.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "bench/figure.h"
#include "bench/latencies.h"
#include "bench/machine.h"
#include "bench/memory.h"
#include "bench/payload.h"
#include "bench/rendezvous.h"
#include "bench/rig.h"
#include "ringtail/base/clock.h"

namespace ringtail::benchmarks {

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

// Where the threads of a row wait for each other. Made by the row's Setup, which also makes every row and repetition
// begin with memory that is new to the process.
inline std::unique_ptr<overhead::Rendezvous> rendezvous;

inline void make_rendezvous(const benchmark::State& state) {
  overhead::forget_free_memory();
  rendezvous = std::make_unique<overhead::Rendezvous>(static_cast<std::size_t>(state.threads()));
}

// One, two, four, and more threads than the machine can run at once: four per CPU, eight at least.
inline void producers(benchmark::internal::Benchmark* row) {
  const auto cpus = static_cast<int>(overhead::cpus_by_core().size());
  row->Threads(1)->Threads(2)->Threads(4)->Threads(std::max(8, 4 * cpus))->UseRealTime();
}

inline void meet(const benchmark::State& state) {
  if (state.threads() > 1) rendezvous->meet();
}

// The longest span of a row's threads.
class Longest {
 public:
  void add(double ns) {
    const std::lock_guard lock(mutex_);
    ns_ = std::max(ns_, ns);
  }
  // Forgets it.
  double take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ns_, 0.0);
  }

 private:
  std::mutex mutex_;
  double ns_ = 0.0;
};
inline Longest longest_of_threads;

// The percentiles of one thread as counters of the row: averages over its threads, but for the longest of all.
inline void report(const overhead::Latencies& latencies, benchmark::State& state) {
  const overhead::Percentiles p = latencies.percentiles();
  for (const auto& [name, ns] : {std::pair{"p50_ns", p.p50}, {"p99_ns", p.p99}, {"p99.9_ns", p.p999}}) {
    state.counters[name] = benchmark::Counter(ns, benchmark::Counter::kAvgThreads);
  }
  longest_of_threads.add(p.max);
  meet(state);
  if (state.thread_index() == 0) state.counters["max_ns"] = longest_of_threads.take();
}

// Spans per second of all threads together, from the first begin of a burst to its last end: a counter of the row,
// from the median burst of `spans` per thread.
inline void report_rate(benchmark::State& state, std::size_t spans) {
  if (state.thread_index() != 0) return;
  const double all = static_cast<double>(spans) * static_cast<double>(state.threads());
  state.counters["spans_per_s"] = benchmark::Counter(all * 1e9 / rendezvous->burst_ns());
}

// Times state.max_iterations spans in bursts of `burst`, and as many one by one. `settle` runs untimed before every
// burst of either kind. Returns how many spans this thread made. Requires: the iterations are a multiple of the
// burst, or fewer.
template <class Span, class Settle>
std::uint64_t measure(benchmark::State& state, std::size_t burst, Span span, Settle settle) {
  const std::size_t iterations = state.max_iterations;
  burst = std::min(burst, iterations);
  std::uint64_t spans = 0;
  overhead::Latencies latencies(iterations);
  std::vector<double> bursts;
  settle();
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(burst))) {
    meet(state);
    const double ns = rendezvous->burst([&] {
      for (std::size_t i = spans; i < spans + burst; ++i) span(i);
    });
    bursts.push_back(ns / static_cast<double>(burst));
    meet(state);
    state.PauseTiming();
    spans += burst;
    settle();
    meet(state);  // one by one in company as well
    latencies.time(span, spans, burst);
    spans += burst;
    settle();
    meet(state);  // what is not timed is over on every thread
    state.ResumeTiming();
  }
  state.counters["burst_ns"] =
      benchmark::Counter(overhead::figure_of(bursts).median, benchmark::Counter::kAvgThreads);
  report(latencies, state);
  report_rate(state, burst);
  return spans;
}

// Caches that forgot the recorder: one span after 4 MiB of other memory, timed alone; for a row of one thread with
// manual time. The row's time is a mean; look at the percentiles.
template <class Span>
void measure_cold(benchmark::State& state, Span span) {
  std::vector<std::uint64_t> other(std::size_t{4 << 20} / sizeof(std::uint64_t));
  overhead::Latencies latencies(state.max_iterations);
  std::size_t i = 0;
  for (auto _ : state) {
    for (std::uint64_t& word : other) ++word;
    overhead::opaque();
    const auto wall = std::chrono::steady_clock::now();
    const Ticks begin = latencies.now();
    span(i++);
    latencies.add(begin, latencies.now());
    state.SetIterationTime(overhead::nanoseconds_since(wall) / 1e9);
  }
  report(latencies, state);
}

}  // namespace ringtail::benchmarks
