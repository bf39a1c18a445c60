// Analyses and exporters on traces of 10^4 to 10^7 rows: 18 operations, 8 devices, 400 signatures, 4 threads.
//
// Items are rows. Every benchmark compares its last result with what is known of the generated trace, so that
// none can be fast by leaving something out.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include "ringtail/analyze/balance.h"
#include "ringtail/analyze/check.h"
#include "ringtail/analyze/communication.h"
#include "ringtail/analyze/hotspots.h"
#include "ringtail/analyze/summary.h"
#include "ringtail/format/chrome.h"
#include "ringtail/format/collapsed.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::uint32_t kOps = 18;
constexpr std::uint32_t kDevices = 8;
constexpr std::uint32_t kSignatures = 400;
constexpr std::uint32_t kThreads = 4;
constexpr std::uint64_t kHotBytes = 8'000;

struct Generated {
  Trace trace;
  std::uint64_t hot_rows = 0;  // above kHotBytes
  double communication_us = 0.0;
  std::uint64_t weight = 0;  // of all collapsed stacks
};

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  std::uint64_t below(std::uint64_t n) {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
    return (z ^ (z >> 31U)) % n;
  }

 private:
  std::uint64_t state_ = 1;
};

Generated generate(std::size_t rows) {
  Generated made;
  Trace& trace = made.trace;
  Random random;
  for (std::uint32_t op = 0; op < kOps; ++op) {
    trace.op_names().intern((op % 6 == 0 ? "ncclAllReduce_" : "kernel_") + std::to_string(op));
  }
  for (std::uint32_t device = 0; device < kDevices; ++device) {
    trace.device_names().intern("gpu:" + std::to_string(device));
  }
  std::uint32_t first_shapes = 0;
  for (std::uint64_t i = 0; i < kSignatures; ++i) {
    SignatureBuilder builder;
    const std::uint64_t dims[] = {i + 1, 8};
    builder.add_input(dims);
    builder.set_output(dims);
    const ShapesId id = trace.signatures().intern(builder.finish());
    if (i == 0) first_shapes = index_of(id);
  }
  trace.threads.resize(kThreads);
  trace.reserve(rows);
  std::int64_t now = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto op = static_cast<std::uint32_t>(random.below(kOps));
    const auto shapes = static_cast<std::uint32_t>(random.below(kSignatures));
    const auto thread = static_cast<std::uint32_t>(i % kThreads);
    auto ns = static_cast<std::int64_t>(random.below(900'000));
    if (ns % 1'000 == 500) ++ns;  // halves are rounded as the reference reads them, which the sum below does not
    now += 250'000;
    Trace::Row row;
    row.op = OpId{op};
    row.device = DeviceId{static_cast<std::uint32_t>(random.below(kDevices))};
    row.shapes = ShapesId{first_shapes + shapes};
    row.step = i;
    row.duration_us = to_microseconds(Nanoseconds{ns});
    row.begin_ns = now;
    row.thread = ThreadId{thread};
    trace.append(row);
    trace.total_duration_us += row.duration_us;
    ++trace.threads[thread].attempted;
    ++trace.threads[thread].recorded;
    if (trace.memory_bytes(i) > kHotBytes) ++made.hot_rows;
    if (op % 6 == 0) made.communication_us += row.duration_us;
    made.weight += static_cast<std::uint64_t>(std::llround(std::fmax(row.duration_us, 1.0)));
  }
  return made;
}

// Made once per size; benchmarks of one size share it.
const Generated& trace_of(const benchmark::State& state) {
  static std::map<std::int64_t, Generated> made;
  const auto [at, fresh] = made.try_emplace(state.range(0));
  if (fresh) at->second = generate(static_cast<std::size_t>(state.range(0)));
  return at->second;
}

bool close(double a, double b) { return std::fabs(a - b) <= 1e-9 * std::fmax(a, b); }

void finish(benchmark::State& state, bool right) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  if (!right) state.SkipWithError("the result is not what the generated trace gives");
}

// Whole tens of rows, from 10^4 to 10^7.
void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)->Range(10'000, 10'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();
}

void OperationSummary(benchmark::State& state) {
  const Generated& made = trace_of(state);
  std::map<std::string, Summary> last;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(last = operation_summary(made.trace));
  std::uint64_t count = 0;
  double us = 0.0;
  for (const auto& [name, summary] : last) {
    count += summary.count;
    us += summary.total_duration_us;
  }
  finish(state, count == made.trace.size() && close(us, made.trace.total_duration_us));
}
BENCHMARK(OperationSummary)->Apply(sizes);

void PerDeviceSummary(benchmark::State& state) {
  const Generated& made = trace_of(state);
  std::map<std::string, Summary> last;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(last = per_device_summary(made.trace));
  std::uint64_t bytes = 0;
  for (const auto& [name, summary] : last) bytes += summary.total_memory_bytes;
  finish(state, last.size() == kDevices && bytes == made.trace.total_memory_bytes());
}
BENCHMARK(PerDeviceSummary)->Apply(sizes);

void AvgDurationByOp(benchmark::State& state) {
  const Generated& made = trace_of(state);
  std::map<std::string, double> last;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(last = avg_duration_by_op(made.trace));
  double mean = 0.0;
  for (const auto& [name, us] : last) mean += us / kOps;
  finish(state, last.size() == kOps && mean > 400.0 && mean < 500.0);  // uniform below 900 us
}
BENCHMARK(AvgDurationByOp)->Apply(sizes);

void LoadBalanceMetrics(benchmark::State& state) {
  const Generated& made = trace_of(state);
  std::optional<LoadBalance> last;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(last = load_balance_metrics(made.trace));
  finish(state, last && close(last->total_duration_us, made.trace.total_duration_us));
}
BENCHMARK(LoadBalanceMetrics)->Apply(sizes);

void CommunicationBottlenecks(benchmark::State& state) {
  const Generated& made = trace_of(state);
  std::vector<CommunicationBottleneck> last;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(last = communication_bottlenecks(made.trace, 0.0));
  double us = 0.0;
  for (const CommunicationBottleneck& bottleneck : last) us += bottleneck.total_duration_us;
  finish(state, last.size() == 3 && close(us, made.communication_us));
}
BENCHMARK(CommunicationBottlenecks)->Apply(sizes);

void MemoryHotspots(benchmark::State& state) {
  const Generated& made = trace_of(state);
  std::size_t last = 0;
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(last = memory_hotspots(made.trace, kHotBytes).size());
  finish(state, last == made.hot_rows);
}
BENCHMARK(MemoryHotspots)->Apply(sizes);

void SlowestTen(benchmark::State& state) {
  const Generated& made = trace_of(state);
  double last = 0.0;
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(last = made.trace.slowest_ops(10).front().duration_us());
  const Column<double>& all = made.trace.columns().duration_us;
  finish(state, last == *std::ranges::max_element(all));
}
BENCHMARK(SlowestTen)->Apply(sizes);

void Check(benchmark::State& state) {
  const Generated& made = trace_of(state);
  std::size_t broken = 0;
  for ([[maybe_unused]] auto _ : state) {
    broken = 0;
    for (const Finding& finding : check(made.trace)) broken += finding.ok ? 0 : 1;
  }
  finish(state, broken == 0);
}
BENCHMARK(Check)->Apply(sizes);

void FlamegraphCollapsed(benchmark::State& state) {
  const Generated& made = trace_of(state);
  std::string last;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(last = flamegraph_collapsed(made.trace));
  std::uint64_t weight = 0;
  for (std::size_t at = 0; at != std::string::npos && at < last.size();) {
    weight += std::stoull(last.substr(last.find(' ', at)));
    at = last.find("trace;", at + 1);
  }
  finish(state, weight == made.weight);
}
BENCHMARK(FlamegraphCollapsed)->Apply(sizes);

// Takes everything and keeps nothing but its length and the lines.
class CountingBuffer : public std::streambuf {
 public:
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;

 protected:
  std::streamsize xsputn(const char* text, std::streamsize length) override {
    bytes += static_cast<std::uint64_t>(length);
    lines += static_cast<std::uint64_t>(std::count(text, text + length, '\n'));
    return length;
  }
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    xsputn(&byte, 1);
    return c;
  }
};

void WriteChrome(benchmark::State& state) {
  const Generated& made = trace_of(state);
  CountingBuffer last;
  bool written = true;
  for ([[maybe_unused]] auto _ : state) {
    last = CountingBuffer();
    std::ostream out(&last);
    written = write_chrome(made.trace, out).ok();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(last.bytes));
  finish(state, written && last.lines > made.trace.size());
}
BENCHMARK(WriteChrome)->Apply(sizes);

}  // namespace
}  // namespace ringtail::inline v1
