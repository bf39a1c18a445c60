#include "analysis_tracer.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <optional>
#include <vector>

#include "printable.h"
#include "ringtail/analyze/exactness.h"
#include "ringtail/analyze/tracer_cost.h"
#include "table.h"
#include "units.h"

namespace ringtail::cli {
namespace {

// As percent_text, but what tracing costs is often below a tenth of a percent, and that is not nothing.
std::string share_text(double ratio) {
  if (ratio > 0.0 && ratio < 0.0001) return "<0.01 %";
  if (ratio > 0.0 && ratio < 0.00095) return short_text(ratio * 100.0) + " %";
  return percent_text(ratio);
}

std::string share_text(const std::optional<double>& ratio) { return ratio ? share_text(*ratio) : "?"; }

std::string time_text(Nanoseconds time) { return duration_text(to_microseconds(time)); }

// A setting as it was given, not rounded: "10 us", "1 500 ns".
std::string exact_text(Nanoseconds time) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
  if (ns != 0 && ns % 1'000'000'000 == 0) return count_text(ns / 1'000'000'000) + " s";
  if (ns != 0 && ns % 1'000'000 == 0) return count_text(ns / 1'000'000) + " ms";
  if (ns != 0 && ns % 1'000 == 0) return count_text(ns / 1'000) + " us";
  return count_text(ns) + " ns";
}

// Threads by their share of time, then by cost, the largest first.
std::vector<std::size_t> by_share(const TracerCostReport& report) {
  std::vector<std::size_t> order(report.threads.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const ThreadTracerCost& x = report.threads[a];
    const ThreadTracerCost& y = report.threads[b];
    if (x.share_of_held != y.share_of_held) return x.share_of_held > y.share_of_held;
    return x.recording > y.recording;
  });
  return order;
}

void write_threads(const Trace& trace, const TracerCostReport& report, std::uint64_t top, const Terminal& terminal,
                   std::ostream& out) {
  const bool cpu_known =
      std::ranges::any_of(report.threads, [](const ThreadTracerCost& cost) { return cost.share_of_cpu.has_value(); });
  std::vector<Table::Column> columns = {
      {"thread", Table::Align::kLeft}, {"spans"}, {"cost"}, {"of its time"}, {"blocked"}};
  if (cpu_known) columns.push_back({"of its CPU time", {}, 1});
  Table table(columns);
  const std::vector<std::size_t> order = by_share(report);
  const std::size_t shown = std::min<std::uint64_t>(order.size(), top);
  for (std::size_t i = 0; i < shown; ++i) {
    const ThreadTracerCost& cost = report.threads[order[i]];
    const std::string& name = trace.threads[order[i]].name;
    std::vector<std::string> cells = {name.empty() ? "(no name)" : name, count_text(cost.spans),
                                      cost.recording ? time_text(*cost.recording) : "?",
                                      share_text(cost.share_of_held), time_text(cost.blocked)};
    if (cpu_known) cells.push_back(share_text(cost.share_of_cpu));
    table.add(cells);
  }
  if (shown != 0) table.print(out, terminal);
  if (shown < order.size()) {
    const std::size_t more = order.size() - shown;
    print_wrapped(out, terminal, "(" + count_text(more) + (shown == 0 ? " threads)" : " more)"), 2);
  }
}

// The budget as it was given, and what was taken as far as it can be told from that.
std::string budget_text(const Trace& trace, const TracerCostReport& report) {
  char given[32];
  std::snprintf(given, sizeof given, "%.6g", *report.budget * 100.0);
  std::string text =
      "budget " + std::string(given) + " % of each thread's time, the collector's thread not included: ";
  if (!report.busiest_share) return text + "whether it was kept is not known";
  const bool kept = *report.busiest_share <= *report.budget;
  const std::string& name = trace.threads[index_of(report.busiest)].name;
  std::string taken = short_text(*report.busiest_share * 100.0);
  if (!kept && taken == short_text(*report.budget * 100.0)) taken = "just over " + std::string(given);
  return text + (kept ? "kept" : "not kept") + ", the busiest thread (" +
         (name.empty() ? "no name" : printable(name)) + ") took " + taken + " %";
}

std::string process_text(const TracerCostReport& report) {
  return "tracing took " + share_text(*report.share_of_threads + *report.share_of_collector) +
         " of the process's CPU time: " + share_text(report.share_of_threads) + " in its threads, " +
         share_text(report.share_of_collector) + " in the collector";
}

void write_share(JsonWriter& json, const char* key, const std::optional<double>& share) {
  json.key(key);
  share ? json.value(*share) : json.null();
}

void write_ns(JsonWriter& json, const char* key, const std::optional<Nanoseconds>& time) {
  json.key(key);
  time ? json.value(std::int64_t{time->count()}) : json.null();
}

// 0 means that the trace does not know.
std::optional<Nanoseconds> if_known(Nanoseconds time) {
  return time.count() == 0 ? std::nullopt : std::optional(time);
}

void write_categories_json(const Trace& trace, JsonWriter& json) {
  json.key("categories");
  json.open_array();
  for (const TraceCategory& category : trace.categories) {
    json.open_object();
    json.member("governed", category.governed);
    json.member("name", category.name);
    json.member("one_in", std::uint64_t{category.one_in});
    json.member("recorded", category.recorded);
    json.member("shortest_ns", std::int64_t{category.shortest.count()});
    json.close_object();
  }
  json.close_array();
}

void write_budget_json(const TracerCostReport& report, JsonWriter& json) {
  json.key("budget");
  if (!report.budget) return json.null();
  json.open_object();
  json.key("busiest_thread");
  report.busiest == kNoThread ? json.null() : json.value(std::uint64_t{index_of(report.busiest)});
  write_share(json, "busiest_thread_share", report.busiest_share);
  json.key("kept");
  report.busiest_share ? json.value(*report.busiest_share <= *report.budget) : json.null();
  json.member("share", *report.budget);
  json.close_object();
}

void write_sampling_json(const Trace& trace, JsonWriter& json) {
  json.key("sampling");
  const std::optional<Sampling> sampling = sampling_of(trace);
  if (!sampling) return json.null();
  json.open_object();
  json.member("sampled_out", sampling->sampled_out);
  json.member("spans", sampling->spans);
  json.member("timed", sampling->timed);
  json.close_object();
}

void write_threads_json(const Trace& trace, const TracerCostReport& report, JsonWriter& json) {
  json.key("threads");
  json.open_array();
  for (std::size_t i = 0; i < report.threads.size(); ++i) {
    const ThreadTracerCost& cost = report.threads[i];
    json.open_object();
    json.member("blocked_ns", std::int64_t{cost.blocked.count()});
    write_ns(json, "cpu_ns", if_known(trace.threads[i].cpu));
    write_ns(json, "held_ns", if_known(trace.threads[i].held));
    json.member("name", trace.threads[i].name);
    write_ns(json, "recording_ns", cost.recording);
    json.member("sampled_out", trace.threads[i].sampled_out);
    write_share(json, "share_of_cpu", cost.share_of_cpu);
    write_share(json, "share_of_held", cost.share_of_held);
    json.member("spans", cost.spans);
    json.close_object();
  }
  json.close_array();
}

}  // namespace

std::string sampling_text(const Trace& trace) {
  const std::optional<Sampling> sampling = sampling_of(trace);
  if (!sampling) return "";
  std::string rates;
  for (const SamplingRate& rate : sampling->rates) {
    rates +=
        (rates.empty() ? "down to 1 in " : ", 1 in ") + count_text(rate.one_in) + " of " + printable(rate.category);
  }
  return (trace.threads.empty() ? "About " : "") + count_text(sampling->timed) + " of " +
         count_text(sampling->spans, "span") + " were timed" + (rates.empty() ? "" : " (" + rates + ")") +
         "; totals are estimates.";
}

std::string category_text(const TraceCategory& category) {
  const std::string name = printable(category.name) + ": ";
  if (!category.recorded) return name + "switched off";
  std::string text;
  if (category.one_in > 1) {
    const std::string one_in = "1 in " + count_text(category.one_in);
    text =
        category.governed ? "thinned by the budget, at most to " + one_in + " at random" : one_in + " kept at random";
  } else if (category.governed) {
    text = "thinned by the budget";
  }
  if (category.shortest.count() > 0) {
    text += (text.empty() ? "" : "; ") + ("shorter than " + exact_text(category.shortest)) + " only in the totals";
  }
  return name + (text.empty() ? "recorded whole" : text);
}

bool knows_of_tracer(const Trace& trace) {
  return !trace.threads.empty() || trace.cost || !trace.categories.empty() || budget_of(trace);
}

void write_tracer_text(const Trace& trace, std::uint64_t top, const Terminal& terminal, std::ostream& out) {
  const TracerCostReport report = tracer_cost(trace);
  const auto say = [&](const std::string& text) { print_wrapped(out, terminal, text, 2); };
  if (trace.cost && !trace.threads.empty()) write_threads(trace, report, top, terminal, out);
  if (report.share_of_threads && report.share_of_collector) say(process_text(report));
  if (report.budget) say(budget_text(trace, report));
  if (report.most_blocked != kNoThread) {
    const std::size_t worst = index_of(report.most_blocked);
    say("threads waited " + time_text(report.blocked) + " for room in their rings, " +
        printable(trace.threads[worst].name) + " longest: " + time_text(report.threads[worst].blocked));
  }
  if (!report.unknown.empty()) say("not all is known: " + report.unknown);
  for (const TraceCategory& category : trace.categories) say(category_text(category));
}

void write_tracer_json(const Trace& trace, JsonWriter& json) {
  const TracerCostReport report = tracer_cost(trace);
  json.key("tracer");
  json.open_object();
  json.member("blocked_ns", std::int64_t{report.blocked.count()});
  write_budget_json(report, json);
  write_categories_json(trace, json);
  write_ns(json, "collector_cpu_ns", report.collector);
  json.key("cost_per_span_ns");
  if (trace.cost) {
    json.open_object();
    json.member("folded", trace.cost->folded_ns);
    json.member("recorded", trace.cost->recorded_ns);
    json.member("sampled_out", trace.cost->sampled_out_ns);
    json.close_object();
  } else {
    json.null();
  }
  json.key("most_blocked_thread");
  report.most_blocked == kNoThread ? json.null() : json.value(std::uint64_t{index_of(report.most_blocked)});
  write_ns(json, "process_cpu_ns", trace.cost ? if_known(trace.cost->process_cpu) : std::nullopt);
  write_ns(json, "recording_ns", report.recording);
  write_sampling_json(trace, json);
  write_share(json, "share_of_process_cpu_in_collector", report.share_of_collector);
  write_share(json, "share_of_process_cpu_in_threads", report.share_of_threads);
  write_threads_json(trace, report, json);
  json.key("unknown");
  report.unknown.empty() ? json.null() : json.value(report.unknown);
  write_ns(json, "wall_ns", trace.cost ? if_known(trace.cost->wall) : std::nullopt);
  json.close_object();
}

}  // namespace ringtail::cli
