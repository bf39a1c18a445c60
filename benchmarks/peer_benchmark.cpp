// What the rows of record_benchmark.cpp are compared with, in the same program and timed in the same way.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <chrono>
#include <memory>
#include <string>

#include "benchmarks/bursts.h"
#include "benchmarks/peers/lttng_ust.h"
#include "benchmarks/peers/mutex_vector.h"
#include "benchmarks/peers/rw_queue.h"
#include "benchmarks/peers/spdlog_async.h"

namespace ringtail::benchmarks {
namespace {

using overhead::PinnedTo;

constexpr std::int64_t kFloorSpans = 1 << 20;                        // per thread, and as many one by one
constexpr std::int64_t kSpans = 3 * std::int64_t{overhead::kBurst};  // as above
constexpr std::int64_t kColdSpans = 1'000;

// Of the calling thread: pages that were new to the process, mostly.
std::uint64_t page_faults() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<std::uint64_t>(usage.ru_minflt);
}

// The same loop, in which nothing happens: what the rows of spans that are switched off compare with.
void EmptyLoop(benchmark::State& state) {
  const PinnedTo pin(cpu_of(state));
  measure(
      state, overhead::kBurst,
      [](std::size_t i) {
        overhead::keep(&overhead::turn(overhead::same_operands, i));
        overhead::opaque();
      },
      [] {});
}

// The floor: begin and end, and nothing recorded.
template <class Now>
void two_reads(benchmark::State& state, Now now) {
  const PinnedTo pin(cpu_of(state));
  std::uint64_t backwards = 0;
  measure(
      state, overhead::kBurst,
      [&](std::size_t) {
        const auto begin = now();
        overhead::opaque();
        backwards += now() < begin ? 1 : 0;
      },
      [] {});
  if (backwards > 0) state.SkipWithError("expected a clock that does not go back");
}

void TwoClockReads(benchmark::State& state) {
  two_reads(state, [clock = Clock::best()] { return clock.now(); });
}

// clock_gettime(CLOCK_MONOTONIC), which is what a recorder reads that looks for nothing better.
void TwoSteadyClockReads(benchmark::State& state) {
  two_reads(state, [] { return std::chrono::steady_clock::now(); });
}

// The row's peer: made before its threads, gone after them.
template <class P>
std::unique_ptr<P> peer;

template <class P>
void make_peer(const benchmark::State& state) {
  make_rendezvous(state);
  const PinnedTo pin(collector_cpu());
  peer<P> = std::make_unique<P>();
}

template <class P>
void end_peer(const benchmark::State&) {
  peer<P>.reset();
}

template <class P>
bool is_missing(benchmark::State& state) {
  const std::string fault = peer<P>->fault();
  if (!fault.empty()) state.SkipWithError(("SKIPPED: " + fault).c_str());
  return !fault.empty();
}

// On the first thread, after all: `made` spans of each.
template <class P>
void check(benchmark::State& state, std::uint64_t made) {
  if (state.thread_index() != 0) return;
  made *= static_cast<std::uint64_t>(state.threads());
  const Delivered found = peer<P>->finish();
  state.counters["lost_%"] = 100.0 * static_cast<double>(found.lost) / static_cast<double>(made);
  if (found.arrived + found.lost == made) return;
  state.SkipWithError(("expected " + std::to_string(made) + " spans to arrive, found " +
                       std::to_string(found.arrived) + " and " + std::to_string(found.lost) + " discarded")
                          .c_str());
}

template <class P>
void Peer(benchmark::State& state) {
  if (is_missing<P>(state)) return;
  const PinnedTo pin(cpu_of(state));
  P& it = *peer<P>;
  const std::uint64_t faults = page_faults();
  const std::uint64_t made = measure(
      state, overhead::kBurst, [&](std::size_t i) { it.span(overhead::turn(overhead::same_operands, i)); },
      [&] { it.settle(); });
  state.counters["page_faults_per_span"] = benchmark::Counter(
      static_cast<double>(page_faults() - faults) / static_cast<double>(made), benchmark::Counter::kAvgThreads);
  check<P>(state, made);
}

template <class P>
void PeerCold(benchmark::State& state) {
  if (is_missing<P>(state)) return;
  const PinnedTo pin(cpu_of(state));
  measure_cold(state, [](std::size_t i) { peer<P>->span(overhead::turn(overhead::same_operands, i)); });
  check<P>(state, static_cast<std::uint64_t>(state.iterations()));
}

#define RINGTAIL_FLOOR(function) \
  BENCHMARK(function)->Setup(make_rendezvous)->Apply(producers)->Iterations(kFloorSpans)
#define RINGTAIL_PEER(P)                                                                                         \
  BENCHMARK_TEMPLATE(Peer, P)->Setup(make_peer<P>)->Teardown(end_peer<P>)->Apply(producers)->Iterations(kSpans); \
  BENCHMARK_TEMPLATE(PeerCold, P)->Setup(make_peer<P>)->Teardown(end_peer<P>)->UseManualTime()->Iterations(kColdSpans)

RINGTAIL_FLOOR(EmptyLoop);
RINGTAIL_FLOOR(TwoClockReads);
RINGTAIL_FLOOR(TwoSteadyClockReads);
RINGTAIL_PEER(RwQueue);
RINGTAIL_PEER(LttngUst);
RINGTAIL_PEER(MutexVector);
RINGTAIL_PEER(SpdlogAsync);

}  // namespace
}  // namespace ringtail::benchmarks
