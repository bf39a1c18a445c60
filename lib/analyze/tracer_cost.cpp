#include "ringtail/analyze/tracer_cost.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "ringtail/base/saturating.h"

namespace ringtail::inline v1 {
namespace {

Nanoseconds not_negative(Nanoseconds time) { return std::max(time, Nanoseconds{0}); }

double cost_of(std::uint64_t calls, double ns_each) {
  return ns_each > 0.0 && ns_each < 1e18 ? static_cast<double>(calls) * ns_each : 0.0;
}

std::optional<double> share(Nanoseconds part, Nanoseconds whole) {
  if (whole.count() <= 0) return std::nullopt;
  return static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

// Per thread, spans that went through its ring and were folded behind it.
std::vector<std::uint64_t> folded_later(const Trace& trace) {
  std::vector<std::uint64_t> later(trace.threads.size());
  for (const Loss& loss : trace.losses) {
    if (loss.cause != LossCause::kMemoryBound && loss.cause != LossCause::kOverwritten &&
        loss.cause != LossCause::kSinkFailed && loss.cause != LossCause::kFileDamaged &&
        loss.cause != LossCause::kNoMemory) {
      continue;
    }
    if (index_of(loss.thread) >= later.size()) continue;
    std::uint64_t& sum = later[index_of(loss.thread)];
    sum = saturating_add(sum, loss.count);
  }
  return later;
}

std::string what_is_unknown(const Trace& trace) {
  if (!trace.cost) return "the trace does not say what recording a span cost";
  const auto without_time =
      std::ranges::count_if(trace.threads, [](const TraceThread& t) { return t.held.count() <= 0; });
  if (without_time != 0) {
    return "the trace does not say how long " + std::to_string(without_time) + " of " +
           std::to_string(trace.threads.size()) + " threads had a recorder";
  }
  if (trace.cost->process_cpu.count() <= 0) return "the trace does not say how much CPU time the process used";
  return "";
}

}  // namespace

std::optional<double> budget_of(const Trace& trace) {
  const auto found = trace.metadata.find(std::string(kBudgetKey));
  if (found == trace.metadata.end()) return std::nullopt;
  const std::string& text = found->second;
  double budget = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), budget);
  if (error != std::errc() || end != text.data() + text.size() || !(budget > 0.0 && budget <= 1.0)) {
    return std::nullopt;
  }
  return budget;
}

TracerCostReport tracer_cost(const Trace& trace) {
  TracerCostReport report;
  report.unknown = what_is_unknown(trace);
  report.budget = budget_of(trace);
  const std::vector<std::uint64_t> later = folded_later(trace);
  Nanoseconds recording{0};
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    const TraceThread& thread = trace.threads[i];
    ThreadTracerCost& cost = report.threads.emplace_back();
    cost.spans = saturating_add(thread.attempted, thread.sampled_out);
    cost.blocked = not_negative(thread.blocked);
    report.blocked = saturating_sum(report.blocked, cost.blocked);
    if (cost.blocked >
        (report.most_blocked == kNoThread ? Nanoseconds{0} : report.threads[index_of(report.most_blocked)].blocked)) {
      report.most_blocked = ThreadId{static_cast<std::uint32_t>(i)};
    }
    if (!trace.cost) continue;
    const std::uint64_t behind = std::min(later[i], thread.folded);
    const double ns = cost_of(saturating_add(thread.recorded, behind), trace.cost->recorded_ns) +
                      cost_of(thread.folded - behind, trace.cost->folded_ns) +
                      cost_of(thread.sampled_out, trace.cost->sampled_out_ns);
    cost.recording = to_nanoseconds(ns / 1e3);
    recording = saturating_sum(recording, *cost.recording);
    cost.share_of_held = share(saturating_sum(*cost.recording, cost.blocked), thread.held);
    cost.share_of_cpu = share(*cost.recording, thread.cpu);
    const std::optional<double> of_held = share(*cost.recording, thread.held);
    if (of_held > report.busiest_share) {
      report.busiest = ThreadId{static_cast<std::uint32_t>(i)};
      report.busiest_share = of_held;
    }
  }
  if (!trace.cost) return report;
  report.recording = recording;
  report.collector = not_negative(trace.cost->collector_cpu);
  report.share_of_threads = share(recording, trace.cost->process_cpu);
  report.share_of_collector = share(*report.collector, trace.cost->process_cpu);
  return report;
}

}  // namespace ringtail::inline v1
