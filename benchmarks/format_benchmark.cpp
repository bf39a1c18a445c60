// Reading and writing traces as JSON, in entries and bytes per second. The baseline of both is the copy of
// the text.
#include <benchmark/benchmark.h>

#include <cstring>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include "ringtail/format/json.h"

namespace ringtail {
namespace {

// What a training loop leaves: a few ops and shapes, over and over, on several devices.
Trace repeating_trace(std::size_t entries) {
  const char* const kOps[] = {"matmul", "softmax", "layer_norm", "nccl_all_reduce", "gelu", "send_activations"};
  Trace trace;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::uint64_t width = 64 * (1 + i % 16);
    trace.add(make_entry(i, kOps[i % std::size(kOps)])
                  .with_device("gpu:" + std::to_string(i % 8))
                  .with_input_shapes({{32, 128, width}, {width, 256}})
                  .with_output_shape({32, 128, 256}, 4)
                  .with_duration(Nanoseconds{static_cast<std::int64_t>(1000 + i * 7919 % 1'000'000)}));
  }
  return trace;
}

// Every entry with shapes of its own: the cost of interning them.
Trace ever_new_shapes_trace(std::size_t entries) {
  Trace trace;
  for (std::size_t i = 0; i < entries; ++i) {
    trace.add(make_entry(i, "matmul").with_device("gpu:0").with_input_shapes({{i, 128}}).with_output_shape({i, 256}));
  }
  return trace;
}

// Takes everything and counts it.
class Counter : public std::streambuf {
 public:
  std::size_t bytes = 0;

 protected:
  std::streamsize xsputn(const char*, std::streamsize count) override {
    bytes += static_cast<std::size_t>(count);
    return count;
  }
  int_type overflow(int_type c) override { return ++bytes, c; }
};

using MakeTrace = Trace (*)(std::size_t);

void count_entries(benchmark::State& state, std::size_t entries, std::size_t bytes) {
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(entries));
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
}

void JsonRead(benchmark::State& state, MakeTrace make) {
  const Trace trace = make(static_cast<std::size_t>(state.range(0)));
  const std::string text = to_json(trace);
  Trace last;
  for (auto _ : state) {
    Result<Trace> read = read_json(text);
    if (!read.ok()) return state.SkipWithError(read.error().message.c_str());
    last = std::move(read).value();
  }
  if (!(last == trace)) return state.SkipWithError("the trace read is not the trace written");
  count_entries(state, trace.size(), text.size());
}
BENCHMARK_CAPTURE(JsonRead, repeating, repeating_trace)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(JsonRead, ever_new_shapes, ever_new_shapes_trace)->Arg(100'000)->Unit(benchmark::kMillisecond);

void JsonWrite(benchmark::State& state, MakeTrace make) {
  const Trace trace = make(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    Counter counter;
    std::ostream out(&counter);
    if (!write_json(trace, out).ok()) return state.SkipWithError("the trace was not written");
    bytes = counter.bytes;
  }
  const std::string text = to_json(trace);
  const Result<Trace> back = read_json(text);
  const bool same = back.ok() && back.value() == trace && text.size() == bytes;
  if (!same) return state.SkipWithError("the trace written is not the trace given");
  count_entries(state, trace.size(), bytes);
}
BENCHMARK_CAPTURE(JsonWrite, repeating, repeating_trace)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(JsonWrite, ever_new_shapes, ever_new_shapes_trace)->Arg(100'000)->Unit(benchmark::kMillisecond);

void CopyText(benchmark::State& state) {
  const std::string text = to_json(repeating_trace(static_cast<std::size_t>(state.range(0))));
  std::vector<char> copy(text.size());
  for (auto _ : state) {
    std::memcpy(copy.data(), text.data(), text.size());
    benchmark::DoNotOptimize(copy.data());
  }
  count_entries(state, static_cast<std::size_t>(state.range(0)), text.size());
}
BENCHMARK(CopyText)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ringtail
