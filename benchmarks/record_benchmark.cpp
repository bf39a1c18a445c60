// Cost of one span on the thread that records it, for 1, 2 and 4 threads and more than can run at once.
//
// Lossless rows record in bursts that fit the ring, which is emptied before each: nothing is folded, whatever
// the machine does meanwhile. Every row compares its trace with what was recorded, on the first thread, after
// all.
#include <benchmark/benchmark.h>

#include <algorithm>
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
constexpr std::int64_t kSpans = 1 << 17;  // per thread, and as many one by one: 16 MiB of records
constexpr std::int64_t kMillion = 1 << 20;
constexpr std::int64_t kColdSpans = 2'000;
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
// Nothing drains but the producers themselves, between their bursts: what the collector's reading costs them is left
// out.
void start_with_paused_collector(const benchmark::State& state) {
  start_with(state, {.ring_entries = kRing, .collector_thread = false});
}
void start_switched_off(const benchmark::State& state) {
  start_with(state, {.ring_entries = kSmallRing});
  if (session) session->pause();
}
template <class Rule>
void start_with_rule(Rule rule, const benchmark::State& state) {
  start_collecting(state);
  if (session) session->set_rule(Category::kOp, rule);
}
void start_sampling(const benchmark::State& state) { start_with_rule(CategoryRule{.one_in = 64}, state); }
void start_filtering(const benchmark::State& state) {
  start_with_rule(CategoryRule{.shortest = std::chrono::hours{1}}, state);
}
void start_category_off(const benchmark::State& state) { start_with_rule(CategoryRule{.record = false}, state); }
void start_with_small_ring(const benchmark::State& state) {
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

// Gap-free: each span begins at the tick at which the one before ends.
void RecordChain(benchmark::State& state) {
  if (no_session(state)) return;
  Bench bench(state);
  const Site site = bench.site;
  std::uint64_t spans = 0;
  {
    Chain chain(site.recorder);
    spans = measure(
        state, kBurst, [&, site](std::size_t i) { overhead::next_span(chain, site, i); },
        [] {
          std::this_thread::sleep_for(2 * SessionOptions{}.poll_interval);
          session->drain_once();
        });
  }
  meet(state);  // all chains have ended
  check(state, {.attempted = spans, .bytes_per_span = overhead::same_operands[0].output_bytes()});
}

// Full spans of a category that is recorded by a rule.
void RecordByRule(benchmark::State& state) {
  if (no_session(state)) return;
  Bench bench(state);
  const Site site = bench.site;
  const bool recorded = session->rule(Category::kOp).record;
  const std::uint64_t spans = measure(
      state, kBurst, [site](std::size_t i) { overhead::kFullSpan(site, i); }, [] { session->drain_once(); });
  check(state, {.attempted = recorded ? spans : 0, .folded = std::nullopt});
}
void RecordSampled(benchmark::State& state) { RecordByRule(state); }
void RecordFiltered(benchmark::State& state) { RecordByRule(state); }
void RecordCategoryOff(benchmark::State& state) { RecordByRule(state); }

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
    rendezvous->burst([site] {
      for (std::size_t i = 0; i < kSustainedSpans; ++i) overhead::kFullSpan(site, i);
    });
    meet(state);
  }
  report_rate(state, kSustainedSpans);
  check(state, {.attempted = kSustainedSpans + kWarmUp, .folded = std::nullopt});
}

void RecordCold(benchmark::State& state) {
  if (no_session(state)) return;
  Bench bench(state);
  const Site site = bench.site;
  measure_cold(state, [site](std::size_t i) { overhead::kFullSpan(site, i); });
  check(state, {.attempted = static_cast<std::uint64_t>(state.iterations())});
}

constexpr auto kFull = overhead::kFullSpan;
const std::uint64_t kBytes = overhead::same_operands[0].output_bytes();

// Every span reaches the trace.
#define RINGTAIL_LOSSLESS(name, setup, body, bytes) \
  BENCHMARK_CAPTURE(Record, name, body, bytes)      \
      ->Apply(producers)                            \
      ->Setup(setup)                                \
      ->Teardown(end_session)                       \
      ->Iterations(kSpans)
// For the percentiles: a million spans one by one.
#define RINGTAIL_MILLION(name, body, bytes)           \
  BENCHMARK_CAPTURE(Record, name##_10e6, body, bytes) \
      ->Setup(start_collecting)                       \
      ->Teardown(end_session)                         \
      ->UseRealTime()                                 \
      ->Iterations(kMillion)
#define RINGTAIL_ROW(function, setup, iterations) \
  BENCHMARK(function)->Apply(producers)->Setup(setup)->Teardown(end_session)->Iterations(iterations)

RINGTAIL_LOSSLESS(full_span, start_collecting, kFull, kBytes);
RINGTAIL_LOSSLESS(bare_span, start_collecting, overhead::kBareSpan, 0);
RINGTAIL_LOSSLESS(string_name, start_collecting, overhead::kNamedSpan, kBytes);
RINGTAIL_LOSSLESS(known_other_shapes, start_collecting, overhead::kOtherShapes, std::nullopt);
RINGTAIL_LOSSLESS(explicit_times, start_collecting, overhead::timed_by_caller(Clock::best().now()), 0);
RINGTAIL_LOSSLESS(full_span_collector_paused, start_with_paused_collector, kFull, kBytes);
RINGTAIL_MILLION(full_span, kFull, kBytes);
RINGTAIL_MILLION(bare_span, overhead::kBareSpan, 0);
RINGTAIL_ROW(RecordNewShapes, start_collecting, kNewShapes);
RINGTAIL_ROW(RecordChain, start_collecting, kSpans);
RINGTAIL_ROW(RecordSampled, start_sampling, kSpans);
RINGTAIL_ROW(RecordFiltered, start_filtering, kSpans);
RINGTAIL_ROW(RecordCategoryOff, start_category_off, kSpans);
RINGTAIL_ROW(RecordSustained, start_collecting, kSustainedSpans);
RINGTAIL_ROW(RecordRingFull, start_with_small_ring, kSpans);
RINGTAIL_ROW(RecordSwitchedOff, start_switched_off, kSpans);
BENCHMARK(RecordCold)->UseManualTime()->Setup(start_collecting)->Teardown(end_session)->Iterations(kColdSpans);

}  // namespace
}  // namespace ringtail::benchmarks
