// Each case is a few lines around one body: the span as a user would write it. A template per body, so that
// the compiler sees a loop around one call site.
#include <memory>
#include <utility>

#include "bench/cases.h"
#include "bench/payload.h"
#include "bench/rig.h"
#include "bench/spans.h"
#include "ringtail/collect/traced.h"

namespace ringtail::overhead {
namespace {

constexpr std::size_t kWarmUp = 1'000;        // spans: caches filled, names and shapes known
constexpr std::size_t kSmallRing = 1'024;     // full at once
constexpr std::size_t kNewShapes = 8'192;     // signatures
constexpr std::size_t kSustainedBursts = 16;  // without a pause in between

// A case whose spans all reach the timeline: `body(site, i)` records one span.
template <class Body>
Case lossless(const Workload& workload, std::string key, std::string label, Body body,
              std::optional<std::uint64_t> bytes_per_span) {
  const auto rig = std::make_shared<Rig>(workload.cpus, SessionOptions{.ring_entries = kRing});
  const auto round = [rig, body, bytes_per_span, spans = workload.spans]() -> Result<Sample> {
    if (const Status started = rig->start(); !started.ok()) return started.error();
    const Site site = rig->site();
    for (std::size_t i = 0; i < kWarmUp; ++i) body(site, i);
    const double ns = median_burst_ns(
        spans, [&] { rig->settle(); }, [&, site](std::size_t i) { body(site, i); });
    const auto folded = rig->finish({.attempted = spans + kWarmUp, .bytes_per_span = bytes_per_span});
    if (!folded.ok()) return folded.error();
    return Sample{ns};
  };
  return {std::move(key), std::move(label), Unit::kNanoseconds, round};
}

// Shapes that the session has not seen: each is interned, under the session's mutex. A session of its own per round,
// as they stay for its life.
Case new_shapes(const Workload& workload) {
  const auto round = [workload]() -> Result<Sample> {
    const std::size_t spans = std::min(workload.spans, kNewShapes);
    Rig rig(workload.cpus, SessionOptions{.ring_entries = kRing});
    if (const Status started = rig.start(); !started.ok()) return started.error();
    const Site site = rig.site();
    Operands operands = convolution_of(1);
    const double ns = median_burst_ns(
        spans, [&] { rig.settle(); },
        [&, site](std::size_t i) {
          operands.image[0] = i;
          full_span(site, operands);
        });
    const auto folded = rig.finish({.attempted = spans});
    if (!folded.ok()) return folded.error();
    return Sample{ns};
  };
  return {"new_shapes_ns", "full span, shapes never seen", Unit::kNanoseconds, round};
}

// As fast as one thread can, for as long as many bursts take: what the collector cannot keep up with is
// folded.
Case sustained(const Workload& workload) {
  const auto rig = std::make_shared<Rig>(workload.cpus, SessionOptions{.ring_entries = kRing});
  const auto round = [rig, spans = workload.spans]() -> Result<Sample> {
    const std::size_t count = std::max(spans, std::min(spans * 2, kSustainedBursts * kBurst));
    if (const Status started = rig->start(); !started.ok()) return started.error();
    const Site site = rig->site();
    for (std::size_t i = 0; i < kWarmUp; ++i) full_span(site, turn(same_operands, i));
    rig->settle();
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < count; ++i) full_span(site, turn(same_operands, i));
    const double ns = nanoseconds_since(begin) / static_cast<double>(count);
    const auto folded = rig->finish(
        {.attempted = count + kWarmUp, .folded = std::nullopt, .bytes_per_span = same_operands[0].output_bytes()});
    if (!folded.ok()) return folded.error();
    return Sample{ns, static_cast<double>(folded.value()) / static_cast<double>(count)};
  };
  return {"full_span_sustained_ns", "full span, without pauses", Unit::kNanoseconds, round};
}

// Gap-free: one clock read a span.
Case chain(const Workload& workload) {
  const auto rig = std::make_shared<Rig>(workload.cpus, SessionOptions{.ring_entries = kRing});
  const auto round = [rig, spans = workload.spans]() -> Result<Sample> {
    if (const Status started = rig->start(); !started.ok()) return started.error();
    const Site site = rig->site();
    double ns = 0.0;
    {
      Chain links(site.recorder);
      for (std::size_t i = 0; i < kWarmUp; ++i) next_span(links, site, i);
      ns = median_burst_ns(
          spans, [&] { rig->settle(); }, [&, site](std::size_t i) { next_span(links, site, i); });
    }
    const auto folded =
        rig->finish({.attempted = spans + kWarmUp, .bytes_per_span = same_operands[0].output_bytes()});
    if (!folded.ok()) return folded.error();
    return Sample{ns};
  };
  return {"chain_ns", "gap-free chain, full spans", Unit::kNanoseconds, round};
}

// Full spans of a category that is recorded by a rule. folded: of all spans.
Case thinned(const Workload& workload, std::string key, std::string label, CategoryRule rule) {
  const auto rig = std::make_shared<Rig>(workload.cpus, SessionOptions{.ring_entries = kRing});
  rig->session().set_rule(Category::kOp, rule);
  const auto round = [rig, spans = workload.spans]() -> Result<Sample> {
    if (const Status started = rig->start(); !started.ok()) return started.error();
    const Site site = rig->site();
    for (std::size_t i = 0; i < kWarmUp; ++i) kFullSpan(site, i);
    const double ns = median_burst_ns(
        spans, [&] { rig->settle(); }, [&, site](std::size_t i) { kFullSpan(site, i); });
    const auto folded = rig->finish({.attempted = spans + kWarmUp, .folded = std::nullopt});
    if (!folded.ok()) return folded.error();
    return Sample{ns, static_cast<double>(folded.value()) / static_cast<double>(spans + kWarmUp)};
  };
  return {std::move(key), std::move(label), Unit::kNanoseconds, round};
}

template <class Body>
Case switched_off(const Workload& workload, std::string key, std::string label, Body body) {
  const auto rig = std::make_shared<Rig>(workload.cpus, SessionOptions{.ring_entries = kSmallRing});
  const auto round = [rig, body, spans = workload.spans]() -> Result<Sample> {
    if (const Status started = rig->start(); !started.ok()) return started.error();
    const Site site = rig->site();
    full_span(site, same_operands[0]);
    rig->session().pause();
    const double ns = median_burst_ns(
        spans, [] {}, [&, site](std::size_t i) { body(site, i); });
    const auto folded = rig->finish({.attempted = 1});
    if (!folded.ok()) return folded.error();
    return Sample{ns};
  };
  return {std::move(key), std::move(label), Unit::kNanoseconds, round};
}

Case ring_full(const Workload& workload) {
  const auto rig =
      std::make_shared<Rig>(workload.cpus, SessionOptions{.ring_entries = kSmallRing, .collector_thread = false});
  const auto round = [rig, spans = workload.spans]() -> Result<Sample> {
    if (const Status started = rig->start(); !started.ok()) return started.error();
    const Site site = rig->site();
    for (std::size_t i = 0; i < kSmallRing + kWarmUp; ++i) full_span(site, turn(same_operands, i));
    const double ns = median_burst_ns(
        spans, [] {}, [&, site](std::size_t i) { full_span(site, turn(same_operands, i)); });
    const auto folded = rig->finish({.attempted = kSmallRing + kWarmUp + spans,
                                     .folded = kWarmUp + spans,
                                     .bytes_per_span = same_operands[0].output_bytes()});
    if (!folded.ok()) return folded.error();
    return Sample{ns, 1.0};
  };
  return {"ring_full_ns", "full span, ring full", Unit::kNanoseconds, round};
}

constexpr auto kTraced = [](const Site& site, std::size_t) {
  TracedExecutor pool(
      site.session, [](auto task) { task(); }, site.device);
  traced(pool, site.op, [] { opaque(); });
};

}  // namespace

std::vector<Case> span_cases(const Workload& workload) {
  const std::uint64_t bytes = same_operands[0].output_bytes();
  return {
      lossless(workload, "full_span_ns", "full span", kFullSpan, bytes),
      lossless(workload, "bare_span_ns", "bare span", kBareSpan, 0),
      lossless(workload, "string_name_ns", "full span, op named by a string", kNamedSpan, bytes),
      lossless(workload, "changed_shapes_ns", "full span, other known shapes", kOtherShapes, std::nullopt),
      new_shapes(workload),
      lossless(workload, "explicit_times_ns", "span with times given, no clock", timed_by_caller(Clock::best().now()),
               0),
      lossless(workload, "traced_task_ns", "traced() task, run at once", kTraced, 0),
      chain(workload),
      thinned(workload, "sampled_ns", "full span, 1 in 64 sampled", {.one_in = 64}),
      thinned(workload, "filtered_ns", "full span, filtered as too short", {.shortest = std::chrono::hours{1}}),
      sustained(workload),
      ring_full(workload),
      switched_off(workload, "off_ns", "full span, switched off", kFullSpan),
      switched_off(workload, "off_bare_ns", "bare span, switched off", kBareSpan),
  };
}

}  // namespace ringtail::overhead
