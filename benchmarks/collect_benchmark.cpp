// What the collector and the merge get through. Items are spans.
//
// Threads are played by as many recorders in turn, span by span, so that their records interleave as finely
// as they can: the order that costs the merge most.
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <vector>

#include "bench/memory.h"
#include "bench/spans.h"
#include "benchmarks/bursts.h"

namespace ringtail::benchmarks {
namespace {

using overhead::check_account;
using overhead::PinnedTo;
using overhead::Site;

constexpr std::size_t kLaneRing = 1 << 14;
constexpr std::size_t kGroup = 8;  // spans: one parent and its children, or as many that follow each other

// A session without a collector thread, and its lanes.
struct Lanes {
  explicit Lanes(std::size_t count) : session({.ring_entries = kLaneRing, .collector_thread = false}) {
    for (std::size_t i = 0; i < count; ++i) recorders.push_back(session.recorder("producer"));
    op = session.op(overhead::kOpName);
    device = session.device(overhead::kDeviceName);
    started = session.start().ok();
  }

  Site site(std::size_t lane) { return {session, recorders[lane % recorders.size()], op, device}; }

  Session session;
  std::vector<Recorder> recorders;
  OpId op{};
  DeviceId device{};
  bool started = false;
};

// One pass over full rings, on a core that recorded none of it.
void DrainFullRings(benchmark::State& state) {
  Lanes lanes(static_cast<std::size_t>(state.range(0)));
  const std::size_t full = kLaneRing * lanes.recorders.size();
  std::size_t moved = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (std::size_t i = 0; i < full; ++i) overhead::kFullSpan(lanes.site(i), i);
    {
      const PinnedTo pin(collector_cpu());
      state.ResumeTiming();
      moved += lanes.session.drain_once();
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
  const std::size_t spans = full * static_cast<std::size_t>(state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(moved));
  const auto folded = check_account(lanes.session.take_trace(), {.attempted = spans});
  if (!folded.ok()) state.SkipWithError(folded.error().message.c_str());
  if (moved != spans) state.SkipWithError("expected every pass to empty the rings");
}

void fill(Lanes& lanes, std::size_t spans, bool nested) {
  const std::size_t count = lanes.recorders.size();
  std::size_t since_drained = 0;
  const auto make_room = [&](std::size_t coming) {
    since_drained += coming;
    if (since_drained <= kLaneRing * count / 2) return;
    lanes.session.drain_once();
    since_drained = 0;
  };
  if (!nested) {
    for (std::size_t i = 0; i < spans; ++i) {
      make_room(1);
      overhead::kFullSpan(lanes.site(i), i);
    }
    return;
  }
  for (std::size_t group = 0; group < spans / kGroup; ++group) {
    make_room(kGroup);
    const Site site = lanes.site(group);
    const Scope parent(site.recorder, site.op, site.device);
    for (std::size_t i = 1; i < kGroup; ++i) overhead::kFullSpan(site, i);
  }
}

// Why the trace is not what fill() recorded, or null.
const char* fault_in(const Trace& trace, std::size_t spans, bool nested) {
  if (!check_account(trace, {.attempted = spans}).ok()) return "expected every span in the trace";
  std::size_t children = 0;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    children += trace.columns().depth.at(row);
    if (row > 0 && trace.columns().begin_ns.at(row) < trace.columns().begin_ns.at(row - 1)) {
      return "expected rows in the order of their begins";
    }
  }
  if (children != (nested ? spans / kGroup * (kGroup - 1) : 0)) return "expected seven children per parent";
  return nullptr;
}

// Log to trace: take_trace() after stop(), on any CPU, as it may use two. The trace's own memory is part of it,
// giving that back is not.
void TakeTrace(benchmark::State& state) {
  const auto spans = static_cast<std::size_t>(state.range(0));
  const bool nested = state.range(2) != 0;
  for (auto _ : state) {
    Lanes lanes(static_cast<std::size_t>(state.range(1)));
    {
      const PinnedTo pin(collector_cpu());
      fill(lanes, spans, nested);
    }
    static_cast<void>(lanes.session.stop());  // without a sink nothing fails
    const auto begin = std::chrono::steady_clock::now();
    const Trace trace = lanes.session.take_trace();
    state.SetIterationTime(overhead::nanoseconds_since(begin) / 1e9);
    if (const char* fault = fault_in(trace, spans, nested)) state.SkipWithError(fault);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Bytes of heap (bench/memory.h) that a span takes: in the log while recording, and in the trace.
void BytesPerSpan(benchmark::State& state) {
  const auto spans = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Lanes lanes(static_cast<std::size_t>(state.range(1)));
    fill(lanes, kGroup * lanes.recorders.size(), false);  // names, shapes and rings are there before
    lanes.session.drain_once();
    const std::size_t heap = overhead::heap_bytes();
    const auto grown = [&] {
      return (static_cast<double>(overhead::heap_bytes()) - static_cast<double>(heap)) / static_cast<double>(spans);
    };
    fill(lanes, spans, false);
    static_cast<void>(lanes.session.stop());  // without a sink nothing fails
    state.counters["log"] = grown();
    const Trace trace = lanes.session.take_trace();
    state.counters["trace"] = grown();
    if (const char* fault = fault_in(trace, spans + kGroup * lanes.recorders.size(), false)) {
      state.SkipWithError(fault);
    }
  }
}

BENCHMARK(DrainFullRings)
    ->ArgName("lanes")
    ->Arg(1)
    ->Arg(8)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->Iterations(16);
BENCHMARK(TakeTrace)
    ->ArgNames({"spans", "threads", "nested"})
    ->ArgsProduct({{100'000, 1'000'000, 10'000'000}, {1, 8}, {0, 1}})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK(BytesPerSpan)->ArgNames({"spans", "threads"})->Args({1'000'000, 1})->Args({1'000'000, 8})->Iterations(1);

}  // namespace
}  // namespace ringtail::benchmarks
