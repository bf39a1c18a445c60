// What the rows of record_benchmark.cpp are compared with, in the same program and timed in the same way.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "benchmarks/bursts.h"
#include "benchmarks/peers/mutex_vector.h"
#include "benchmarks/peers/spdlog_async.h"

namespace ringtail::benchmarks {
namespace {

using overhead::PinnedTo;

constexpr std::int64_t kSpans = 1 << 16;  // per thread

// The floor: begin and end, and nothing recorded.
void TwoClockReads(benchmark::State& state) {
  const PinnedTo pin(cpu_of(state));
  const Clock clock = Clock::best();
  std::uint64_t backwards = 0;
  measure(
      state, overhead::kBurst,
      [&](std::size_t) {
        const Ticks begin = clock.now();
        overhead::opaque();
        backwards += clock.now() < begin ? 1 : 0;
      },
      [] {});
  if (backwards > 0) state.SkipWithError("expected a clock that does not go back");
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
void Peer(benchmark::State& state) {
  if (P::kMissing != nullptr) {
    state.SkipWithError(P::kMissing);
    return;
  }
  const PinnedTo pin(cpu_of(state));
  P& it = *peer<P>;
  const std::uint64_t spans = measure(
      state, overhead::kBurst, [&](std::size_t i) { it.span(overhead::turn(overhead::same_operands, i)); },
      [&] { it.settle(); });
  if (state.thread_index() != 0) return;
  const std::uint64_t made = spans * static_cast<std::uint64_t>(state.threads());
  const std::uint64_t arrived = it.finish();
  if (arrived == made) return;
  state.SkipWithError(
      ("expected " + std::to_string(made) + " spans to arrive, found " + std::to_string(arrived)).c_str());
}

BENCHMARK(TwoClockReads)->Setup(make_rendezvous)->ThreadRange(1, 4)->UseRealTime()->Iterations(1 << 17);

#define RINGTAIL_PEER(P)      \
  BENCHMARK_TEMPLATE(Peer, P) \
      ->Setup(make_peer<P>)   \
      ->Teardown(end_peer<P>) \
      ->ThreadRange(1, 4)     \
      ->UseRealTime()         \
      ->Iterations(kSpans)

RINGTAIL_PEER(MutexVector);
RINGTAIL_PEER(SpdlogAsync);

}  // namespace
}  // namespace ringtail::benchmarks
