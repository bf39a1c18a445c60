// Writing and reading .rtt files, in spans and bytes per second of one core. The spans are whole ones: op, device,
// two input shapes and an output of 200 signatures, step, begin and duration with jitter, four threads, depths. The
// baseline is the copy of the trace.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "ringtail/format/rtt.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kSignatures = 200;
constexpr std::size_t kOps = 24;
constexpr std::uint32_t kThreads = 4;

// What a session hands on: 1 to 40 us from begin to begin, durations around the time that their signature takes.
Trace full_spans(std::size_t rows) {
  std::mt19937_64 random(1);
  Trace trace;
  trace.origin = Origin{Nanoseconds{0}, Nanoseconds{0}, "time-stamp counter"};
  std::vector<ShapesId> shapes;
  for (std::uint64_t i = 0; i < kSignatures; ++i) {
    SignatureBuilder builder;
    const std::uint64_t width = 64 * (1 + i);
    builder.add_input(std::vector<std::uint64_t>{32, 128, width});
    builder.add_input(std::vector<std::uint64_t>{width, 256});
    builder.set_output(std::vector<std::uint64_t>{32, 128, 256});
    shapes.push_back(trace.signatures().intern(builder.finish(4)));
  }
  for (std::size_t i = 0; i < kOps; ++i) trace.op_names().intern("transformer.layer.operation_" + std::to_string(i));
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    trace.device_names().intern("gpu:" + std::to_string(i));
    trace.threads.emplace_back().name = "worker " + std::to_string(i);
  }
  std::int64_t begin = 0;
  std::normal_distribution<double> jitter(1.0, 0.1);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint64_t signature = random() % kSignatures;
    Trace::Row made;
    made.op = OpId{static_cast<std::uint32_t>(signature % kOps)};
    made.thread = ThreadId{static_cast<std::uint32_t>(random() % kThreads)};
    made.device = DeviceId{index_of(made.thread)};
    made.shapes = shapes[signature];
    made.step = row / 1'000;
    made.depth = static_cast<std::uint16_t>(signature % 3);
    made.begin_ns = begin += 1'000 + static_cast<std::int64_t>(random() % 39'000);
    const double usual_ns = 5'000.0 + 1'000.0 * static_cast<double>(signature);
    made.duration_us = to_microseconds(Nanoseconds{static_cast<std::int64_t>(usual_ns * std::abs(jitter(random)))});
    trace.append(made);
    trace.total_duration_us += made.duration_us;
  }
  return trace;
}

std::string file_of(const Trace& trace, RttOptions options) {
  std::string file;
  RttWriter writer(
      [&](std::span<const std::byte> bytes) -> Status {
        file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return Done{};
      },
      options);
  const bool written = writer.append(trace).ok() && writer.finish(trace).ok();
  return written ? file : std::string();
}

void count_spans(benchmark::State& state, std::size_t spans, std::size_t bytes) {
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(spans));
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
  state.counters["bytes_per_span"] = static_cast<double>(bytes) / static_cast<double>(spans);
}

void RttWrite(benchmark::State& state, bool compress) {
  const Trace trace = full_spans(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    RttWriter writer(
        [&](std::span<const std::byte> chunk) -> Status {
          bytes += chunk.size();
          return Done{};
        },
        {compress});
    if (!writer.append(trace).ok() || !writer.finish(trace).ok()) {
      return state.SkipWithError("the trace was not written");
    }
  }
  if (bytes != file_of(trace, {compress}).size()) return state.SkipWithError("two files of a trace differ");
  count_spans(state, trace.size(), bytes);
}
BENCHMARK_CAPTURE(RttWrite, plain, false)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RttWrite, zstd, true)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void RttRead(benchmark::State& state, bool compress) {
  const Trace trace = full_spans(static_cast<std::size_t>(state.range(0)));
  const std::string file = file_of(trace, {compress});
  std::istringstream in(file);
  for (auto _ : state) {
    in.clear();
    in.seekg(0);
    Result<Trace> read = read_rtt(in);
    if (!read.ok()) return state.SkipWithError(read.error().message.c_str());
    benchmark::DoNotOptimize(read.value());
  }
  in.clear();
  in.seekg(0);
  if (!(read_rtt(in).value() == trace)) return state.SkipWithError("the trace read is not the trace written");
  count_spans(state, trace.size(), file.size());
}
BENCHMARK_CAPTURE(RttRead, plain, false)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RttRead, zstd, true)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void CopyTrace(benchmark::State& state) {
  const Trace trace = full_spans(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    Trace copy = trace;
    benchmark::DoNotOptimize(copy);
  }
  count_spans(state, trace.size(), trace.columns().bytes());
}
BENCHMARK(CopyTrace)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ringtail::inline v1
