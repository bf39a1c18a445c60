// Reading and writing traces as JSON, in entries and bytes per second. The baseline of both is the copy of
// the text. AgainstReference loads and exports a file of a million entries in turn with the reference program, which
// RINGTAIL_REFERENCE names.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include "ringtail/format/json.h"

namespace ringtail::inline v1 {
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

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct LoadAndExport {
  std::vector<double> load_s;
  std::vector<double> export_s;
};

// Adds what the reference's `time` says; false where it says nothing.
bool time_reference(const std::string& program, const std::string& path, LoadAndExport& times) {
  std::FILE* const pipe = popen(("'" + program + "' time '" + path + "'").c_str(), "r");
  if (pipe == nullptr) return false;
  double load_s = 0.0;
  double export_s = 0.0;
  const int found = std::fscanf(pipe, "entries %*u load_s %lf analyze_s %*f export_s %lf", &load_s, &export_s);
  times.load_s.push_back(load_s);
  times.export_s.push_back(export_s);
  char rest[256];
  while (std::fread(rest, 1, sizeof(rest), pipe) > 0) {
  }
  return pclose(pipe) == 0 && found == 2;
}

// A round is one load and one export of each program. The ratios are of medians.
void AgainstReference(benchmark::State& state) {
  const char* const program = std::getenv("RINGTAIL_REFERENCE");
  if (program == nullptr)
    return state.SkipWithError("SKIPPED: RINGTAIL_REFERENCE does not name the reference program");
  constexpr int kRounds = 7;
  const std::string path = (std::filesystem::temp_directory_path() / "ringtail_format_benchmark.json").string();
  const std::string generate = std::string("'") + program + "' generate 1000000 1 4 > '" + path + "'";
  if (std::system(generate.c_str()) != 0) return state.SkipWithError("the reference did not write its trace");
  LoadAndExport ours;
  LoadAndExport theirs;
  for (auto _ : state) {
    for (int round = 0; round < kRounds; ++round) {
      auto begin = std::chrono::steady_clock::now();
      const Result<Trace> trace = read_json_file(path);
      ours.load_s.push_back(seconds_since(begin));
      if (!trace.ok()) return state.SkipWithError(trace.error().message.c_str());
      begin = std::chrono::steady_clock::now();
      const std::string text = to_json(trace.value());
      ours.export_s.push_back(seconds_since(begin));
      if (text.size() != std::filesystem::file_size(path)) return state.SkipWithError("the trace written is another");
      if (!time_reference(program, path, theirs)) return state.SkipWithError("the reference did not say its times");
    }
  }
  std::filesystem::remove(path);
  state.counters["load_s"] = median(ours.load_s);
  state.counters["export_s"] = median(ours.export_s);
  state.counters["reference_load_s"] = median(theirs.load_s);
  state.counters["reference_export_s"] = median(theirs.export_s);
  state.counters["load_ratio"] = median(theirs.load_s) / median(ours.load_s);
  state.counters["export_ratio"] = median(theirs.export_s) / median(ours.export_s);
}
BENCHMARK(AgainstReference)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace ringtail::inline v1
