#include <optional>
#include <string_view>
#include <utility>

#include "analysis.h"
#include "analysis_tracer.h"
#include "ringtail/analyze/activity.h"
#include "ringtail/analyze/balance.h"
#include "ringtail/analyze/communication.h"
#include "ringtail/analyze/exactness.h"
#include "ringtail/analyze/hotspots.h"
#include "ringtail/analyze/straggler.h"
#include "ringtail/analyze/summary.h"
#include "ringtail/format/collapsed.h"
#include "trace_input.h"

namespace ringtail::cli {
namespace {

constexpr std::pair<const char*, Analysis> kResults[] = {
    {"activity", Analysis::kActivity},
    {"avg_duration_by_op", Analysis::kTotals},
    {"communication_bottlenecks", Analysis::kCommunication},
    {"flamegraph_collapsed", Analysis::kFlamegraph},
    {"load_balance_metrics", Analysis::kLoadBalance},
    {"memory_hotspot_steps", Analysis::kMemoryHotspots},
    {"operation_summary", Analysis::kTotals},
    {"peak_memory_bytes", Analysis::kPeakMemory},
    {"per_device_summary", Analysis::kTotals},
    {"slowest_steps", Analysis::kSlowest},
    {"step_count", Analysis::kThroughput},
    {"throughput_elements_per_us", Analysis::kThroughput},
    {"total_duration_us", Analysis::kTotals},
    {"total_memory_bytes", Analysis::kTotalMemory},
};

void write_summaries(JsonWriter& json, const char* key, const char* count_key,
                     const std::map<std::string, Summary>& summaries) {
  json.key(key);
  json.open_object();
  for (const auto& [name, summary] : summaries) {
    json.key(name);
    json.open_object();
    json.member(count_key, summary.count);
    json.member("total_duration_us", summary.total_duration_us);
    json.member("total_memory_bytes", summary.total_memory_bytes);
    json.close_object();
  }
  json.close_object();
}

void write_communication(JsonWriter& json, const Trace& trace, double min_ratio) {
  json.key("communication_bottlenecks");
  json.open_array();
  for (const CommunicationBottleneck& bottleneck : communication_bottlenecks(trace, min_ratio)) {
    json.open_object();
    json.member("call_count", bottleneck.call_count);
    json.member("operation", bottleneck.operation);
    json.member("ratio_of_total", bottleneck.ratio_of_total);
    json.member("total_duration_us", bottleneck.total_duration_us);
    json.close_object();
  }
  json.close_array();
}

void write_balance(JsonWriter& json, const std::optional<LoadBalance>& balance) {
  json.key("load_balance_metrics");
  if (!balance) return json.null();
  json.open_object();
  json.member("device_count", std::uint64_t{balance->per_device_duration_us.size()});
  json.member("ideal_duration_us", balance->ideal_duration_us);
  json.member("imbalance_ratio", balance->imbalance_ratio);
  json.member("max_duration_us", balance->max_duration_us);
  json.key("per_device_duration_us");
  json.open_array();
  for (const auto& [device, duration_us] : balance->per_device_duration_us) {
    json.open_array(JsonWriter::kOneLine);
    json.value(device);
    json.value(duration_us);
    json.close_array();
  }
  json.close_array();
  json.member("total_duration_us", balance->total_duration_us);
  json.close_object();
}

void write_steps(JsonWriter& json, const char* key, const std::vector<EntryView>& entries) {
  json.key(key);
  json.open_array(JsonWriter::kOneLine);
  for (const EntryView& entry : entries) json.value(entry.step());
  json.close_array();
}

void write_device(JsonWriter& json, const std::optional<std::string_view>& device) {
  json.key("device_id");
  device ? json.value(*device) : json.null();
}

void write_activity(JsonWriter& json, const Trace& trace) {
  json.key("activity");
  const std::optional<Activity> activity = device_activity(trace);
  if (!activity) return json.null();
  json.open_object();
  json.key("devices");
  json.open_object();
  for (const DeviceActivity& device : activity->devices) {
    json.key(device.device);
    json.open_object();
    json.member("communicating_ns", std::int64_t{device.communicating.count()});
    json.member("computing_ns", std::int64_t{device.computing.count()});
    json.member("idle_ns", std::int64_t{device.idle.count()});
    json.close_object();
  }
  json.close_object();
  json.member("window_ns", std::int64_t{activity->window.count()});
  json.close_object();
}

void write_straggler(JsonWriter& json, const Trace& trace) {
  json.key("straggler");
  const std::optional<ComputeComparison> comparison = compare_compute(trace);
  if (!comparison || !comparison->is_straggler) return json.null();
  json.open_object();
  json.member("compute_us", comparison->compute_us);
  write_device(json, comparison->device);
  json.member("others_compute_us", comparison->others_compute_us);
  json.member("times", comparison->times);
  json.close_object();
}

void write_ledger(JsonWriter& json, const Trace& trace) {
  json.key("ledger");
  json.open_array();
  for (const Loss& loss : trace.losses) {
    json.open_object();
    json.member("cause", name_of(loss.cause));
    json.member("count", loss.count);
    write_device(json, trace.device(loss.device));
    json.member("first_ns", std::int64_t{loss.first.count()});
    json.member("last_ns", std::int64_t{loss.last.count()});
    json.key("thread");
    loss.thread == kNoThread ? json.null() : json.value(std::uint64_t{index_of(loss.thread)});
    json.close_object();
  }
  json.close_array();
}

void write_folded(JsonWriter& json, const Trace& trace) {
  json.key("folded");
  json.open_array();
  for (const FoldedTotal& total : trace.folded) {
    json.open_object();
    json.member("bytes", total.bytes);
    json.member("count", total.count);
    write_device(json, trace.device(total.device));
    json.member("duration_ns", std::int64_t{total.duration.count()});
    if (total.extra != 0) json.member("extra", total.extra);
    json.member("longest_ns", std::int64_t{total.longest.count()});
    json.member("operation", trace.operation(total.op));
    json.close_object();
  }
  json.close_array();
}

void write_threads(JsonWriter& json, const Trace& trace) {
  json.key("threads");
  json.open_array();
  for (const TraceThread& thread : trace.threads) {
    json.open_object();
    json.member("attempted", thread.attempted);
    json.member("clock_steps", thread.clock_steps);
    json.member("folded", thread.folded);
    json.member("name", thread.name);
    json.member("recorded", thread.recorded);
    if (thread.sampled_out != 0) json.member("sampled_out", thread.sampled_out);
    json.member("shapes_dropped", thread.shapes_dropped);
    json.close_object();
  }
  json.close_array();
}

void write_weights(JsonWriter& json, const char* key, const std::vector<EntryView>& entries) {
  json.key(key);
  json.open_array(JsonWriter::kOneLine);
  for (const EntryView& entry : entries) json.value(std::uint64_t{entry.weight()});
  json.close_array();
}

// Beside the lists of steps, which have the form of the reference.
void write_weights(JsonWriter& json, const Trace& trace, const AnalysisOptions& options) {
  if (trace.columns().weight.empty()) return;
  json.key("weights");
  json.open_object();
  write_weights(json, "memory_hotspot_steps", memory_hotspots(trace, options.memory_threshold_bytes));
  write_weights(json, "slowest_steps", trace.slowest_ops(options.top));
  json.close_object();
}

void write_runtime_facts(JsonWriter& json, const Trace& trace, const AnalysisOptions& options) {
  if (!knows_of_tracer(trace) && trace.columns().weight.empty() && trace.folded.empty() && trace.losses.empty() &&
      !trace.origin && trace.unfinished() == nullptr) {
    return;
  }
  json.key("ringtail");
  json.open_object();
  write_activity(json, trace);
  json.key("exactness");
  json.open_object();
  for (const auto& [key, analysis] : kResults) json.member(key, name_of(exactness_of(analysis, trace)));
  json.close_object();
  write_folded(json, trace);
  write_ledger(json, trace);
  write_straggler(json, trace);
  write_threads(json, trace);
  if (knows_of_tracer(trace)) write_tracer_json(trace, json);
  if (const std::string* how_far = trace.unfinished()) json.member("unfinished", *how_far);
  write_weights(json, trace, options);
  json.close_object();
}

}  // namespace

void write_analysis_json(const Trace& trace, const std::string* name, const AnalysisOptions& options,
                         JsonWriter& json) {
  json.open_object();
  if (name != nullptr) json.member("file", *name);
  json.key("avg_duration_by_op");
  json.open_object();
  for (const auto& [op, average_us] : avg_duration_by_op(trace)) json.member(op, average_us);
  json.close_object();
  write_communication(json, trace, options.min_comm_ratio);
  json.member("flamegraph_collapsed", flamegraph_collapsed(trace));
  write_balance(json, load_balance_metrics(trace));
  write_steps(json, "memory_hotspot_steps", memory_hotspots(trace, options.memory_threshold_bytes));
  write_summaries(json, "operation_summary", "count", operation_summary(trace));
  json.member("peak_memory_bytes", trace.peak_memory_bytes());
  write_summaries(json, "per_device_summary", "op_count", per_device_summary(trace));
  write_steps(json, "slowest_steps", trace.slowest_ops(options.top));
  json.member("step_count", std::uint64_t{trace.step_count()});
  json.key("throughput_elements_per_us");
  json.open_array(JsonWriter::kOneLine);
  for (std::size_t row = 0; row < trace.size(); ++row) json.value(trace[row].throughput_elements_per_us());
  json.close_array();
  json.member("total_duration_us", trace.total_duration_us);
  json.member("total_memory_bytes", trace.total_memory_bytes());
  write_runtime_facts(json, trace, options);
  json.close_object();
}

}  // namespace ringtail::cli
