// Spans timed one by one, in bursts as in span_cases.cpp.
#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "bench/cases.h"
#include "bench/latencies.h"
#include "bench/memory.h"
#include "bench/mutex_recorder.h"
#include "bench/rig.h"
#include "bench/spans.h"

namespace ringtail::overhead {
namespace {

constexpr std::size_t kWarmUp = 1'000;
constexpr std::size_t kMostThreads = 200;
constexpr std::size_t kMostColdSpans = 400;
constexpr std::size_t kMostNewNames = 8'192;
constexpr std::size_t kOtherMemory = std::size_t{4} << 20U;  // bytes; what a first and second level of cache hold

Sample sample_of(const Latencies& latencies) {
  const Percentiles percentiles = latencies.percentiles();
  return {percentiles.p50, 0.0, percentiles};
}

template <class Between, class Body>
Sample time_bursts(std::size_t spans, Between between, Body body) {
  Latencies latencies(spans);
  for (std::size_t done = 0; done < spans;) {
    const std::size_t count = std::min(kBurst, spans - done);
    between();
    latencies.time(body, done, count);
    done += count;
  }
  return sample_of(latencies);
}

constexpr auto kNoPause = [] {};

Result<Sample> two_clock_reads(std::size_t spans) {
  return time_bursts(spans, kNoPause, [clock = Clock::best()](std::size_t) {
    keep(clock.now().value);
    opaque();
    keep(clock.now().value);
  });
}

Result<Sample> mutex_vector(std::size_t spans) {
  forget_free_memory();
  MutexRecorder recorder(Clock::best());
  const Sample sample = time_bursts(spans, kNoPause, [&](std::size_t i) { recorder.span(turn(same_operands, i)); });
  if (recorder.take_count() != spans) return Error{ErrorCode::kInvalid, "expected every span in the vector"};
  return sample;
}

// `body(site, i)` records one span.
template <class Body>
Case recorded(const Workload& workload, std::string key, std::string label, Body body) {
  const auto rig = std::make_shared<Rig>(workload.cpus, SessionOptions{.ring_entries = kRing});
  const auto round = [rig, body, spans = workload.spans]() -> Result<Sample> {
    if (const Status started = rig->start(); !started.ok()) return started.error();
    const Site site = rig->site();
    for (std::size_t i = 0; i < kWarmUp; ++i) body(site, i);
    const Sample sample = time_bursts(
        spans, [&] { rig->settle(); }, [&, site](std::size_t i) { body(site, i); });
    const auto folded = rig->finish({.attempted = spans + kWarmUp});
    if (!folded.ok()) return folded.error();
    return sample;
  };
  return {std::move(key), std::move(label), Unit::kLatency, round};
}

// Each after other memory has been through the caches.
Case cold(const Workload& workload) {
  const auto rig = std::make_shared<Rig>(workload.cpus, SessionOptions{.ring_entries = kRing});
  const auto round = [rig, spans = std::min(workload.spans, kMostColdSpans)]() -> Result<Sample> {
    if (const Status started = rig->start(); !started.ok()) return started.error();
    const Site site = rig->site();
    std::vector<std::uint64_t> other(kOtherMemory / sizeof(std::uint64_t));
    Latencies latencies(spans);
    for (std::size_t i = 0; i < spans; ++i) {
      for (std::uint64_t& word : other) ++word;
      opaque();
      const Ticks begin = latencies.now();
      kFullSpan(site, i);
      latencies.add(begin, latencies.now());
    }
    const auto folded = rig->finish({.attempted = spans});
    if (!folded.ok()) return folded.error();
    return sample_of(latencies);
  };
  return {"full_span_cold", "full span, caches cold", Unit::kLatency, round};
}

// A thread's lease of a lane and its first span. With rings that other threads gave back, but for the first.
Result<Sample> first_of_thread(std::size_t spans) {
  spans = std::min(spans, kMostThreads);
  Session session({.collector_thread = false});
  if (const Status started = session.start(); !started.ok()) return started.error();
  Latencies latencies(spans);
  for (std::size_t i = 0; i < spans; ++i) {
    std::thread([&] {
      const Ticks begin = latencies.now();
      { const Scope scope(session.this_thread(), kOpName); }
      latencies.add(begin, latencies.now());
    }).join();
    session.drain_once();
  }
  const auto folded = check_account(session.take_trace(), {.attempted = spans});
  if (!folded.ok()) return folded.error();
  return sample_of(latencies);
}

// Of a session that has none of these names.
Result<Sample> first_of_op(std::size_t spans) {
  spans = std::min(spans, kMostNewNames);
  Rig rig(std::nullopt, {.ring_entries = kRing, .collector_thread = false});
  if (const Status started = rig.start(); !started.ok()) return started.error();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < spans; ++i) names.push_back("layer " + std::to_string(i));
  Recorder& recorder = rig.site().recorder;
  const Sample sample = time_bursts(spans, kNoPause, [&](std::size_t i) {
    const Scope scope(recorder, names[i]);
    opaque();
  });
  const auto folded = rig.finish({.attempted = spans});
  if (!folded.ok()) return folded.error();
  return sample;
}

}  // namespace

std::vector<Case> latency_cases(const Workload& workload) {
  const std::size_t spans = workload.spans;
  return {
      {"two_clock_reads", "two clock reads", Unit::kLatency, [spans] { return two_clock_reads(spans); }},
      {"mutex_vector", "mutex + vector of owned names", Unit::kLatency,
       [spans] { return mutex_vector(std::min(spans, kMutexSpans)); }},
      recorded(workload, "full_span", "full span", kFullSpan),
      recorded(workload, "bare_span", "bare span", kBareSpan),
      cold(workload),
      {"first_of_thread", "a thread's first span", Unit::kLatency, [spans] { return first_of_thread(spans); }},
      {"first_of_op", "an op's first span, by its name", Unit::kLatency, [spans] { return first_of_op(spans); }},
  };
}

}  // namespace ringtail::overhead
