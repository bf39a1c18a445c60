// What a sink does to the threads that record: 200,000 spans a second, timed one by one, beside a sink that takes its
// batches at once and beside one that does not return until the spans are over.
#include <benchmark/benchmark.h>

#include <atomic>

#include "bench/latencies.h"
#include "bench/rig.h"
#include "benchmarks/bursts.h"
#include "ringtail/record/scope.h"

namespace ringtail::benchmarks {
namespace {

constexpr std::size_t kSpansPerMillisecond = 200;

// Arguments: 1 when the sink stalls from its third batch on; milliseconds.
void RecordBesideASink(benchmark::State& state) {
  const bool stalls = state.range(0) != 0;
  const auto spans = static_cast<std::size_t>(state.range(1)) * kSpansPerMillisecond;
  overhead::Latencies latencies(spans);
  std::uint64_t folded = 0;
  std::size_t held = 0;
  for (auto _ : state) {
    std::atomic<bool> open{!stalls};
    std::uint64_t delivered = 0;
    int batches = 0;
    Session session({.sink = [&](const Trace& batch) {
      if (++batches == 3) open.wait(false);
      delivered += batch.size();
    }});
    if (!session.start().ok()) return state.SkipWithError("expected the session to start");
    Recorder recorder = session.recorder("producer");
    const OpId op = session.op("op");
    const Clock clock = Clock::best();
    const std::uint64_t pace = clock.ticks_in(std::chrono::milliseconds{1}) / kSpansPerMillisecond;
    Ticks next = clock.now();
    for (std::size_t i = 0; i < spans; ++i) {
      next.value += pace;
      Ticks begin = clock.now();
      while (begin < next) begin = clock.now();
      { const Scope scope(recorder, op); }
      latencies.add(begin, clock.now());
    }
    held = session.memory().total();
    open = true;
    open.notify_all();
    const Trace trace = session.take_trace();
    folded = trace.threads[0].folded;
    if (trace.threads[0].attempted != spans || delivered + folded != spans) {
      return state.SkipWithError("expected every span delivered or folded");
    }
  }
  state.counters["folded"] = static_cast<double>(folded);
  state.counters["held_MiB"] = static_cast<double>(held) / 1'048'576.0;
  report(latencies, state);
}
BENCHMARK(RecordBesideASink)
    ->ArgNames({"stalls", "ms"})
    ->ArgsProduct({{0, 1}, {100, 10'000}})
    ->Iterations(1)
    ->UseRealTime();

}  // namespace
}  // namespace ringtail::benchmarks
