// What a span costs that is the first: of its thread, or of its op.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/spans.h"
#include "benchmarks/bursts.h"

namespace ringtail::benchmarks {
namespace {

using overhead::check_account;
using overhead::PinnedTo;

constexpr std::int64_t kThreads = 300;
constexpr std::int64_t kNames = 1 << 13;  // per thread, and as many one by one

enum Ring : std::int64_t { kNewRing, kReusedRing };

// A thread's lease of a lane and its first span, on a thread of its own each. The ring is new to the session, or
// another thread gave it back. The time is a mean; look at the percentiles.
void FirstOfThread(benchmark::State& state) {
  const PinnedTo pin(cpu_of(state));
  std::unique_ptr<Session> session;
  std::uint64_t spans = 0;
  overhead::Latencies latencies(state.max_iterations);
  const auto one_thread = [&] {
    std::thread([&] {
      const Ticks begin = latencies.now();
      { const Scope scope(session->this_thread(), overhead::kOpName); }
      latencies.add(begin, latencies.now());
    }).join();
    ++spans;
    session->drain_once();
  };
  const auto check = [&] {
    const auto folded = check_account(session->take_trace(), {.attempted = spans});
    if (!folded.ok()) state.SkipWithError(folded.error().message.c_str());
  };
  const auto renew = [&] {
    session = std::make_unique<Session>(SessionOptions{.collector_thread = false});
    spans = 0;
    if (!session->start().ok()) state.SkipWithError("expected a session to start");
  };
  renew();
  if (state.range(0) == kReusedRing) {
    one_thread();
    latencies = overhead::Latencies(state.max_iterations);
  }
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    one_thread();
    state.SetIterationTime(overhead::nanoseconds_since(begin) / 1e9);
    if (state.range(0) == kReusedRing) continue;
    check();
    renew();
  }
  check();
  report(latencies, state);
}

std::unique_ptr<Session> session;

void start_session(const benchmark::State& state) {
  make_rendezvous(state);
  session = std::make_unique<Session>(SessionOptions{.ring_entries = overhead::kRing, .max_ops = 1U << 24U});
  const PinnedTo pin(collector_cpu());
  if (!session->start().ok()) session.reset();
}
void end_session(const benchmark::State&) { session.reset(); }

// Each op's first span, named by a string: the name is copied and interned for the session.
void FirstOfOp(benchmark::State& state) {
  if (!session) {
    state.SkipWithError("expected a session to start, found none");
    return;
  }
  const PinnedTo pin(cpu_of(state));
  Recorder recorder = session->recorder("producer");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 2 * static_cast<std::size_t>(state.max_iterations); ++i) {
    names.push_back("layer " + std::to_string(state.thread_index()) + "." + std::to_string(i));
  }
  const std::uint64_t spans = measure(
      state, overhead::kBurst,
      [&](std::size_t i) {
        const Scope scope(recorder, names[i]);
        overhead::opaque();
      },
      [] { session->drain_once(); });
  if (state.thread_index() != 0) return;
  const std::uint64_t all = spans * static_cast<std::uint64_t>(state.threads());
  const Trace trace = session->take_trace();
  const auto folded = check_account(trace, {.attempted = all});
  if (!folded.ok()) state.SkipWithError(folded.error().message.c_str());
  if (trace.op_names().size() < all) state.SkipWithError("expected a new op for each span");
}

BENCHMARK(FirstOfThread)
    ->ArgName("reused_ring")
    ->Arg(kNewRing)
    ->Arg(kReusedRing)
    ->UseManualTime()
    ->Iterations(kThreads);
BENCHMARK(FirstOfOp)->Apply(producers)->Setup(start_session)->Teardown(end_session)->Iterations(kNames);

}  // namespace
}  // namespace ringtail::benchmarks
