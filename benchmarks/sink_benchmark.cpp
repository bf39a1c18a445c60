// What a sink does to the threads that record: 200,000 spans a second, timed one by one, beside a sink that takes its
// batches at once and beside one that does not return until the spans are over.
#include <benchmark/benchmark.h>

#include <atomic>
#include <map>

#include "bench/latencies.h"
#include "bench/rig.h"
#include "benchmarks/bursts.h"
#include "ringtail/record/scope.h"

namespace ringtail::benchmarks {
namespace {

constexpr std::size_t kSpansPerMillisecond = 200;

// Arguments: 1 when the sink stalls from its first batch with rows on; milliseconds. A row that stalls has the ratio
// of its p99.9 to that of the row before it which does not.
void RecordBesideASink(benchmark::State& state) {
  static std::map<std::int64_t, double> p999_without_stall;  // by milliseconds
  const bool stalls = state.range(0) != 0;
  const auto spans = static_cast<std::size_t>(state.range(1)) * kSpansPerMillisecond;
  overhead::Latencies latencies(spans);
  std::uint64_t folded = 0;
  std::size_t held = 0;
  for (auto _ : state) {
    std::atomic<bool> open{!stalls};
    std::atomic<bool> has_stalled{false};
    std::uint64_t delivered = 0;
    Session session({.sink = [&](const Trace& batch) {
      if (!batch.empty() && !open.load(std::memory_order_relaxed)) {  // nothing else is read by it
        has_stalled.store(true, std::memory_order_relaxed);           // a flag of its own
        open.wait(false, std::memory_order_relaxed);
      }
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
    const bool stalled = has_stalled.load(std::memory_order_relaxed);
    open.store(true, std::memory_order_relaxed);
    open.notify_all();
    if (stalls && !stalled) return state.SkipWithError("expected the sink to stall while spans were recorded");
    const Trace trace = session.take_trace();
    folded = trace.threads[0].folded;
    if (trace.threads[0].attempted != spans || delivered + folded != spans) {
      return state.SkipWithError("expected every span delivered or folded");
    }
  }
  state.counters["folded"] = static_cast<double>(folded);
  state.counters["held_MiB"] = static_cast<double>(held) / 1'048'576.0;
  double& without_stall = p999_without_stall[state.range(1)];
  const double p999 = latencies.percentiles().p999;
  if (!stalls) without_stall = p999;
  if (stalls && without_stall > 0.0) state.counters["p99.9_ratio"] = p999 / without_stall;
  report(latencies, state);
}
BENCHMARK(RecordBesideASink)
    ->ArgNames({"stalls", "ms"})
    ->ArgsProduct({{0, 1}, {100, 10'000}})
    ->Iterations(1)
    ->UseRealTime();

}  // namespace
}  // namespace ringtail::benchmarks
