// Cost of one span on the thread that records it, for 1, 2 and 4 threads.
//
// Lossless rows record in bursts that fit the ring, which is emptied before each: nothing is folded, whatever
// the machine does meanwhile. Every row compares its trace with what was recorded, on the first thread, after
// all.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "bench/spans.h"
#include "benchmarks/bursts.h"

namespace ringtail::benchmarks {
namespace {

using overhead::Expected;
using overhead::kBurst;
using overhead::kRing;
using overhead::PinnedTo;
using overhead::Site;

constexpr std::size_t kWarmUp = 1'000;
constexpr std::size_t kSmallRing = 1'024;
constexpr std::int64_t kSpans = 1 << 17;           // per thread: 8 MiB of records
constexpr std::int64_t kSustainedSpans = 1 << 19;  // per thread
constexpr std::int64_t kNewShapes = 1 << 13;       // per thread: each is kept for the session's life

// The row's session: made before its threads, gone after them.
std::unique_ptr<Session> session;

void start_with(const benchmark::State& state, SessionOptions options) {
  make_rendezvous(state);
  session = std::make_unique<Session>(options);
  const PinnedTo pin(collector_cpu());
  if (!session->start().ok()) session.reset();
}

void start_collecting(const benchmark::State& state) {
  start_with(state, {.ring_entries = kRing, .max_signatures = 1 << 20});
}
void start_paused(const benchmark::State& state) {
  start_with(state, {.ring_entries = kSmallRing});
  if (session) session->pause();
}
void start_without_collector(const benchmark::State& state) {
  start_with(state, {.ring_entries = kSmallRing, .collector_thread = false});
}
void end_session(const benchmark::State&) { session.reset(); }

// On the first thread: what all threads did, as each of them did the same.
std::optional<Trace> check(benchmark::State& state, Expected expected) {
  if (state.thread_index() != 0) return std::nullopt;
  const auto threads = static_cast<std::uint64_t>(state.threads());
  expected.attempted *= threads;
  if (expected.folded) *expected.folded *= threads;
  Trace trace = session->take_trace();
  const auto folded = check_account(trace, expected);
  if (!folded.ok()) {
    state.SkipWithError(folded.error().message.c_str());
    return std::nullopt;
  }
  state.counters["folded_%"] = 100.0 * static_cast<double>(folded.value()) /
                               static_cast<double>(std::max<std::uint64_t>(1, expected.attempted));
  return trace;
}

// What one thread of a row needs.
struct Bench {
  explicit Bench(const benchmark::State& state)
      : pin(cpu_of(state)),
        recorder(session->recorder("producer")),
        site{*session, recorder, session->op(overhead::kOpName), session->device(overhead::kDeviceName)} {}

  PinnedTo pin;
  Recorder recorder;
  Site site;
};

bool no_session(benchmark::State& state) {
  if (session) return false;
  state.SkipWithError("expected a session to start, found none");
  return true;
}

template <class Body>
void Record(benchmark::State& state, Body body, std::optional<std::uint64_t> bytes) {
  if (no_session(state)) return;
  Bench bench(state);
  const Site site = bench.site;
  for (std::size_t i = 0; i < kWarmUp; ++i) body(site, i);
  const std::uint64_t spans = measure(
      state, kBurst, [&, site](std::size_t i) { body(site, i); },
      [] {
        std::this_thread::sleep_for(2 * SessionOptions{}.poll_interval);
        session->drain_once();
      });
  check(state, {.attempted = spans + kWarmUp, .bytes_per_span = bytes});
}

// Shapes that no thread has seen: through the session's table, under its mutex.
void RecordNewShapes(benchmark::State& state) {
  if (no_session(state)) return;
  Bench bench(state);
  const Site site = bench.site;
  overhead::Operands operands = overhead::convolution_of(1);
  operands.weights[0] = 1 + static_cast<std::uint64_t>(state.thread_index());
  const std::uint64_t spans = measure(
      state, kBurst,
      [&, site](std::size_t i) {
        operands.image[0] = i;
        overhead::full_span(site, operands);
      },
      [] { session->drain_once(); });
  const auto trace = check(state, {.attempted = spans});
  if (!trace) return;
  const std::uint64_t signatures = spans * static_cast<std::uint64_t>(state.threads());
  if (trace->signatures().size() != signatures + 2) state.SkipWithError("expected a new signature for each span");
}

void RecordSwitchedOff(benchmark::State& state) {
  if (no_session(state)) return;
  Bench bench(state);
  const Site site = bench.site;
  measure(
      state, kBurst, [site](std::size_t i) { overhead::kFullSpan(site, i); }, [] {});
  check(state, {.attempted = 0});
}

void RecordRingFull(benchmark::State& state) {
  if (no_session(state)) return;
  Bench bench(state);
  const Site site = bench.site;
  for (std::size_t i = 0; i < kSmallRing + kWarmUp; ++i) overhead::kFullSpan(site, i);
  const std::uint64_t spans =
      kWarmUp + measure(
                    state, kBurst, [site](std::size_t i) { overhead::kFullSpan(site, i); }, [] {});
  check(state, {.attempted = spans + kSmallRing, .folded = spans});
}

// Without a pause: what the collector cannot keep up with is folded, and counted in folded_%.
void RecordSustained(benchmark::State& state) {
  if (no_session(state)) return;
  Bench bench(state);
  const Site site = bench.site;
  for (std::size_t i = 0; i < kWarmUp; ++i) overhead::kFullSpan(site, i);
  while (state.KeepRunningBatch(state.max_iterations)) {
    meet(state);
    for (std::size_t i = 0; i < kSustainedSpans; ++i) overhead::kFullSpan(site, i);
    meet(state);
  }
  state.SetItemsProcessed(kSustainedSpans);
  check(state, {.attempted = kSustainedSpans + kWarmUp, .folded = std::nullopt});
}

// Caches that forgot the recorder: one span after 4 MiB of other memory, timed alone. The time is a mean;
// look at the percentiles.
void RecordCold(benchmark::State& state) {
  if (no_session(state)) return;
  Bench bench(state);
  const Site site = bench.site;
  const Clock clock = Clock::best();
  std::vector<std::uint64_t> other(std::size_t{4 << 20} / sizeof(std::uint64_t));
  Latencies latencies(static_cast<std::size_t>(state.max_iterations));
  for (auto _ : state) {
    for (std::uint64_t& word : other) ++word;
    overhead::opaque();
    const auto wall = std::chrono::steady_clock::now();
    const Ticks begin = clock.now();
    overhead::full_span(site, overhead::same_operands[0]);
    latencies.add(clock.now().value - begin.value);
    state.SetIterationTime(overhead::nanoseconds_since(wall) / 1e9);
  }
  latencies.report(state);
  check(state, {.attempted = static_cast<std::uint64_t>(state.iterations())});
}

void one_two_and_four_threads(benchmark::internal::Benchmark* row) {
  row->ThreadRange(1, 4)->UseRealTime()->Teardown(end_session);
}

const std::uint64_t kBytes = overhead::same_operands[0].output_bytes();

#define RINGTAIL_LOSSLESS(name, body, bytes)   \
  BENCHMARK_CAPTURE(Record, name, body, bytes) \
      ->Apply(one_two_and_four_threads)        \
      ->Setup(start_collecting)                \
      ->Iterations(kSpans)

RINGTAIL_LOSSLESS(full_span, overhead::kFullSpan, kBytes);
RINGTAIL_LOSSLESS(bare_span, overhead::kBareSpan, 0);
RINGTAIL_LOSSLESS(string_name, overhead::kNamedSpan, kBytes);
RINGTAIL_LOSSLESS(known_other_shapes, overhead::kOtherShapes, std::nullopt);
RINGTAIL_LOSSLESS(explicit_times, overhead::timed_by_caller(Clock::best().now()), 0);
BENCHMARK(RecordNewShapes)->Apply(one_two_and_four_threads)->Setup(start_collecting)->Iterations(kNewShapes);
BENCHMARK(RecordSustained)->Apply(one_two_and_four_threads)->Setup(start_collecting)->Iterations(kSustainedSpans);
BENCHMARK(RecordRingFull)->Apply(one_two_and_four_threads)->Setup(start_without_collector)->Iterations(kSpans);
BENCHMARK(RecordSwitchedOff)->Apply(one_two_and_four_threads)->Setup(start_paused)->Iterations(kSpans);
BENCHMARK(RecordCold)->UseManualTime()->Setup(start_collecting)->Teardown(end_session)->Iterations(1'000);

}  // namespace
}  // namespace ringtail::benchmarks
