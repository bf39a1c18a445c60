#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "analysis.h"
#include "analysis_tracer.h"
#include "printable.h"
#include "ringtail/analyze/activity.h"
#include "ringtail/analyze/balance.h"
#include "ringtail/analyze/communication.h"
#include "ringtail/analyze/exactness.h"
#include "ringtail/analyze/hotspots.h"
#include "ringtail/analyze/straggler.h"
#include "ringtail/analyze/summary.h"
#include "ringtail/analyze/tracer_cost.h"
#include "table.h"
#include "trace_input.h"
#include "units.h"

namespace ringtail::cli {
namespace {

using Align = Table::Align;

// One part of the report after another; each knows the trace, the options and where it prints.
class TextReport {
 public:
  TextReport(const Trace& trace, const AnalysisOptions& options, const Terminal& terminal, std::ostream& out)
      : trace_(trace), options_(options), terminal_(terminal), out_(out) {
    for (const FoldedTotal& total : trace.folded) folded_ = saturating_add(folded_, total.count);
    for (const Loss& loss : trace.losses) {
      lost_ = saturating_add(lost_, loss.count);
      if (is_deliberate(loss.cause)) asked_ = saturating_add(asked_, loss.count);
      if (loss.cause == LossCause::kFileDamaged) damaged_ = saturating_add(damaged_, loss.count);
    }
  }

  void head(const std::string& name) const {
    out_ << painted(printable(name), Ink::kBold, terminal_) << '\n';
    const std::optional<Sampling> sampling = sampling_of(trace_);
    std::string line = count_text(sampling ? sampling->spans : saturating_add(trace_.size(), folded_), "span") +
                       ", " + count_text(per_device_.size(), "device");
    if (!trace_.threads.empty()) line += ", " + count_text(trace_.threads.size(), "thread");
    line += ", " + duration_text(trace_.total_duration_us) + " in all";
    if (activity_) line += (timeline_is_whole() ? " within " : " within at least ") + window_text();
    const bool as_asked = complete_as_asked(trace_);
    if (as_asked) line += ", 0 lost";
    say(line + ".");
    if (const std::string* how_far = trace_.unfinished()) {
      print_wrapped(out_, terminal_, "unfinished: " + printable(*how_far), 2, Ink::kYellow);
    }
    if (sampling) print_wrapped(out_, terminal_, sampling_text(trace_), 2, Ink::kYellow);
    if (asked_ != 0) say(asked_text());
    if (!as_asked) print_wrapped(out_, terminal_, loss_text(), 2, Ink::kRed);
    std::string metadata;
    for (const auto& [key, value] : trace_.metadata) {
      if (key == kUnfinished) continue;                      // said
      if (key == kBudgetKey && budget_of(trace_)) continue;  // tracer() says it
      metadata += (metadata.empty() ? "" : "; ") + printable(key) + ": " + printable(value);
    }
    print_wrapped(out_, terminal_, metadata, 2, Ink::kDim);
  }

  void operations() const {
    title("Operations", exactness_of(Analysis::kTotals, trace_));
    std::vector<std::pair<std::string, Summary>> by_time;
    for (const auto& entry : operation_summary(trace_)) by_time.push_back(entry);
    std::ranges::stable_sort(by_time, [](const auto& a, const auto& b) {
      return a.second.total_duration_us > b.second.total_duration_us;
    });
    if (by_time.empty()) return none();
    Table table({{"operation", Align::kLeft},
                 {"spans"},
                 {"share"},
                 {"total"},
                 {"mean"},
                 {"memory", {}, 1},
                 {"longest", {}, 2}});
    const std::map<std::string_view, double> longest_us = longest_by_op();
    const auto add = [&](const std::string& name, const Summary& summary) {
      const auto longest = longest_us.find(name);
      table.add({name, count_text(summary.count), share_of_total(summary.total_duration_us),
                 duration_text(summary.total_duration_us),
                 duration_text(summary.total_duration_us / static_cast<double>(summary.count)),
                 bytes_text(summary.total_memory_bytes),
                 longest == longest_us.end() ? "" : duration_text(longest->second)});
    };
    Summary rest;
    for (std::size_t i = 0; i < by_time.size(); ++i) {
      const Summary& summary = by_time[i].second;
      if (i < options_.top) {
        add(by_time[i].first, summary);
      } else {
        rest.count = saturating_add(rest.count, summary.count);
        rest.total_duration_us += summary.total_duration_us;
        rest.total_memory_bytes = saturating_add(rest.total_memory_bytes, summary.total_memory_bytes);
      }
    }
    if (by_time.size() > options_.top) add("(" + count_text(by_time.size() - options_.top) + " more)", rest);
    table.print(out_, terminal_);
  }

  void devices() const {
    const Exactness totals = exactness_of(Analysis::kTotals, trace_);
    title("Devices", activity_ ? std::max(totals, exactness_of(Analysis::kActivity, trace_)) : totals);
    if (per_device_.empty()) return none();
    Table table(
        {{"device", Align::kLeft}, {"spans"}, {"total"}, {"computing"}, {"comm"}, {"idle"}, {"memory", {}, 1}});
    std::size_t at = 0;  // activity_ has the same devices in the same order, if each has a row
    for (const auto& [name, summary] : per_device_) {
      std::vector<std::string> shares(3, "?");
      if (activity_ && at < activity_->devices.size() && activity_->devices[at].device == name) {
        const DeviceActivity& device = activity_->devices[at++];
        shares = {share_of_window(device.computing), share_of_window(device.communicating),
                  share_of_window(device.idle)};
      }
      table.add({name, count_text(summary.count), duration_text(summary.total_duration_us), shares[0], shares[1],
                 shares[2], bytes_text(summary.total_memory_bytes)});
    }
    table.print(out_, terminal_);
    if (activity_) {
      say("Computing, comm and idle are shares of the " + window_text() + " from the first span " +
          (timeline_is_whole() ? "to the last."
                               : "on the timeline to the last; spans that are not on it are missing in them, so idle "
                                 "is too high."));
    } else {
      say("Shares of time cannot be computed: the trace does not say when its spans began.");
    }
    straggler();
  }

  void balance() const {
    const std::optional<LoadBalance> balance = load_balance_metrics(trace_);
    if (!balance) return;
    title("Load balance", exactness_of(Analysis::kLoadBalance, trace_));
    if (!std::isfinite(balance->total_duration_us)) {
      return say("The devices cannot be compared: the sum of their durations is not a finite number.");
    }
    const auto busiest =
        std::ranges::max_element(balance->per_device_duration_us, {}, [](const auto& pair) { return pair.second; });
    say(printable(busiest->first) + " has the most, " + duration_text(balance->max_duration_us) + ": " +
        percent_text(balance->imbalance_ratio) + " above the " + duration_text(balance->ideal_duration_us) +
        " that each would have if all " + count_text(balance->per_device_duration_us.size()) +
        " had the same, waiting included.");
  }

  void communication() const {
    title("Communication with at least " + percent_text(options_.min_comm_ratio) + " of the total",
          exactness_of(Analysis::kCommunication, trace_));
    const auto bottlenecks = communication_bottlenecks(trace_, options_.min_comm_ratio);
    if (bottlenecks.empty()) return none();
    Table table({{"operation", Align::kLeft}, {"spans"}, {"share"}, {"total"}});
    for (const CommunicationBottleneck& bottleneck : bottlenecks) {
      table.add({bottleneck.operation, count_text(bottleneck.call_count), percent_text(bottleneck.ratio_of_total),
                 duration_text(bottleneck.total_duration_us)});
    }
    table.print(out_, terminal_);
  }

  void slowest() const {
    title("Slowest spans", exactness_of(Analysis::kSlowest, trace_));
    const std::vector<EntryView> entries = trace_.slowest_ops(options_.top);
    if (entries.empty()) return none();
    const bool weighted = !trace_.columns().weight.empty();
    std::vector<Table::Column> columns = {{"operation", Align::kLeft},
                                          {"device", Align::kLeft},
                                          {"step"},
                                          {"duration"},
                                          {"begin", {}, 1},
                                          {"memory", {}, 1},
                                          {"elements/us", {}, 2},
                                          {"output", Align::kLeft, 2},
                                          {"thread", Align::kLeft, 2}};
    if (weighted) columns.insert(columns.begin() + 4, {"stands for"});
    Table table(columns);
    for (const EntryView& entry : entries) {
      const std::optional<Nanoseconds> begin = entry.begin();
      std::vector<std::string> cells = {std::string(entry.operation()),
                                        std::string(entry.device().value_or("-")),
                                        count_text(entry.step()),
                                        duration_text(entry.duration_us()),
                                        begin ? "+" + duration_text(to_microseconds(*begin)) : "?",
                                        bytes_text(entry.memory_bytes()),
                                        short_text(entry.throughput_elements_per_us()),
                                        shape_text(entry.output_shape()),
                                        thread_name(entry.thread())};
      if (weighted) cells.insert(cells.begin() + 4, count_text(entry.weight()));
      table.add(cells);
    }
    table.print(out_, terminal_);
  }

  void memory() const {
    const Exactness sum = exactness_of(Analysis::kTotalMemory, trace_);
    const Exactness peak = exactness_of(Analysis::kPeakMemory, trace_);
    const Exactness list = exactness_of(Analysis::kMemoryHotspots, trace_);
    title("Memory", std::max({sum, peak, list}));
    const auto hotspots = memory_hotspots(trace_, options_.memory_threshold_bytes);
    std::uint64_t stand_for = 0;
    for (const EntryView& entry : hotspots) stand_for = saturating_add(stand_for, entry.weight());
    const std::string largest = bytes_text(trace_.peak_memory_bytes());
    say((peak == Exactness::kExact ? "At most " + largest + " in one span, "
                                   : "At least " + largest + " in the largest span, ") +
        hedge(sum) + bytes_text(trace_.total_memory_bytes()) + " in the sum of all; " + hedge(list) +
        count_text(hotspots.size(), "span") + " above " + bytes_text(options_.memory_threshold_bytes) +
        (stand_for == hotspots.size() ? "." : ", standing for about " + count_text(stand_for) + "."));
  }

  void queues() const {
    std::uint64_t count = 0;
    double sum_us = 0.0;
    double longest_us = 0.0;
    for (std::size_t row = 0; row < trace_.size(); ++row) {
      const std::int64_t delay = trace_.columns().queue_delay_ns.at(row);
      if (delay == kNoTime) continue;
      const double delay_us = to_microseconds(Nanoseconds{delay});
      const std::uint32_t weight = trace_.columns().weight.at(row);
      count = saturating_add(count, weight);
      sum_us += delay_us * weight;
      longest_us = std::max(longest_us, delay_us);
    }
    if (count == 0) return;
    // What was folded is not known to have waited, so a mean is of the tasks on the timeline; weights
    // estimate the rest.
    const bool sampled = exactness_of(Analysis::kTotals, trace_) == Exactness::kEstimate;
    const Exactness list = exactness_of(Analysis::kSlowest, trace_);
    title("Queues", sampled ? Exactness::kEstimate : list);
    const std::string mean = duration_text(sum_us / static_cast<double>(count));
    std::string waited = mean + (count == 1 ? " before it ran" : " on average before they ran");
    if (list != Exactness::kExact) {
      waited += ", the longest at least " + duration_text(longest_us);
    } else if (count > 1) {
      waited += ", at most " + duration_text(longest_us);
    }
    say((sampled ? "About " : "") + count_text(count, "task") + (sampled || timeline_is_whole() ? "" : " known") +
        " waited " + (sampled ? "about " : "") + waited + ".");
  }

  void threads() const {
    if (trace_.threads.empty()) return;
    title("Threads", exactness_of(Analysis::kAccounts, trace_));
    const bool sampled =
        std::ranges::any_of(trace_.threads, [](const TraceThread& thread) { return thread.sampled_out != 0; });
    std::vector<Table::Column> columns = {{"thread", Align::kLeft}, {"attempted"}, {"on the timeline"}, {"folded"}};
    if (sampled) columns.push_back({"sampled out"});
    Table table(columns);
    std::vector<TraceThread> by_name = trace_.threads;
    std::ranges::stable_sort(by_name, {}, &TraceThread::name);
    for (const TraceThread& thread : by_name) {
      std::vector<std::string> cells = {thread.name.empty() ? "(no name)" : thread.name, count_text(thread.attempted),
                                        count_text(thread.recorded), count_text(thread.folded)};
      if (sampled) cells.push_back(count_text(thread.sampled_out));
      table.add(cells);
    }
    table.print(out_, terminal_);
  }

  void tracer() const {
    if (!knows_of_tracer(trace_)) return;
    heading("Tracer's own cost");
    write_tracer_text(trace_, options_.top, terminal_, out_);
  }

  void losses() const {
    if (trace_.losses.empty()) return;
    heading("Not on the timeline");
    Table table(
        {{"thread", Align::kLeft}, {"device", Align::kLeft}, {"spans"}, {"cause", Align::kLeft}, {"from"}, {"to"}});
    for (const Loss& loss : trace_.losses) {
      table.add({thread_name(loss.thread), std::string(trace_.device(loss.device).value_or("-")),
                 count_text(loss.count), name_of(loss.cause), "+" + duration_text(to_microseconds(loss.first)),
                 "+" + duration_text(to_microseconds(loss.last))});
    }
    table.print(out_, terminal_);
  }

  void open_spans() const {
    if (trace_.open_spans.empty()) return;
    heading("Still open at the end");
    Table table({{"operation", Align::kLeft}, {"device", Align::kLeft}, {"thread", Align::kLeft}, {"begin"}});
    for (const OpenSpan& span : trace_.open_spans) {
      table.add({std::string(trace_.operation(span.op)), std::string(trace_.device(span.device).value_or("-")),
                 thread_name(span.thread), "+" + duration_text(to_microseconds(span.begin))});
    }
    table.print(out_, terminal_);
  }

 private:
  void heading(const std::string& text) const { out_ << '\n' << painted(text, Ink::kBold, terminal_) << '\n'; }

  // The heading, and at the right edge what the part is worth: all of it, so the least of what is in it.
  void title(const std::string& text, Exactness exactness) const {
    const std::string_view worth = name_of(exactness);
    const std::size_t taken = text.size() + worth.size();
    out_ << '\n'
         << painted(text, Ink::kBold, terminal_)
         << std::string(std::max<std::size_t>(kReportWidth > taken ? kReportWidth - taken : 0, 2), ' ')
         << painted(worth, exactness == Exactness::kExact ? Ink::kDim : Ink::kYellow, terminal_) << '\n';
  }

  void none() const { out_ << "  none\n"; }
  void say(const std::string& text) const { print_wrapped(out_, terminal_, text, 2); }

  [[nodiscard]] std::string asked_text() const {
    return count_text(asked_, "span") + " filtered or overwritten, as asked: counted in all totals, but not on the " +
           "timeline.";
  }

  [[nodiscard]] std::string loss_text() const {
    const auto beyond = [](std::uint64_t all, std::uint64_t part) { return all > part ? all - part : 0; };
    const std::uint64_t lost = std::max(damaged_, beyond(lost_, folded_));
    return count_text(beyond(folded_, saturating_add(asked_, damaged_)), "span") +
           " folded: counted in all totals, but not on the timeline; " + count_text(lost) + " lost" +
           (trace_.unfinished() == nullptr ? "." : ", besides what came after the last batch.");
  }

  // Folded spans count: their longest is kept.
  [[nodiscard]] std::map<std::string_view, double> longest_by_op() const {
    std::map<std::string_view, double> longest_us;
    const auto add = [&](OpId op, double duration_us) {
      const auto [at, is_new] = longest_us.try_emplace(trace_.operation(op), duration_us);
      if (!is_new) at->second = std::max(at->second, duration_us);
    };
    for (std::size_t row = 0; row < trace_.size(); ++row) {
      add(trace_.columns().op[row], trace_.columns().duration_us[row]);
    }
    for (const FoldedTotal& total : trace_.folded) add(total.op, to_microseconds(total.longest));
    return longest_us;
  }

  // "128 x 512"; "-" for a scalar or none.
  [[nodiscard]] static std::string shape_text(Dims shape) {
    std::string text;
    for (const std::uint64_t dim : shape) text += (text.empty() ? "" : " x ") + std::to_string(dim);
    return text.empty() ? "-" : text;
  }

  [[nodiscard]] std::string thread_name(ThreadId thread) const {
    return index_of(thread) < trace_.threads.size() ? trace_.threads[index_of(thread)].name : "-";
  }

  [[nodiscard]] std::string share_of_total(double duration_us) const {
    return percent_text(duration_us / std::max(trace_.total_duration_us, 1e-9));
  }

  // Before a number that is not exact.
  [[nodiscard]] static std::string hedge(Exactness exactness) {
    if (exactness == Exactness::kExact) return "";
    return exactness == Exactness::kLowerBound ? "at least " : "about ";
  }

  [[nodiscard]] bool timeline_is_whole() const {
    return exactness_of(Analysis::kActivity, trace_) == Exactness::kExact;
  }

  // Requires: activity_.
  [[nodiscard]] std::string window_text() const { return duration_text(to_microseconds(activity_->window)); }

  [[nodiscard]] std::string share_of_window(Nanoseconds time) const {
    const auto window = static_cast<double>(std::max<std::int64_t>(activity_->window.count(), 1));
    return percent_text(static_cast<double>(time.count()) / window);
  }

  void straggler() const {
    const std::optional<ComputeComparison> comparison = compare_compute(trace_);
    if (!comparison) return;
    const auto comm_share = [](double communication_us, double compute_us) {
      return percent_text(communication_us / (communication_us + compute_us));
    };
    if (!comparison->is_straggler) {
      return say(
          "No device computes clearly longer than the others: " + printable(comparison->device) +
          ", which computes longest, takes " + short_text(comparison->times) + " times their median" +
          (comparison->times >= kStragglerTimes ? ", which a sample of this size does not tell from chance." : "."));
    }
    std::string text = printable(comparison->device) + " computes " + short_text(comparison->times) +
                       " times as long as the others (" + duration_text(comparison->compute_us) +
                       " against a median of " + duration_text(comparison->others_compute_us) + ").";
    if (comparison->others_communication_us > comparison->communication_us) {
      text += " They wait for it: communication takes " +
              comm_share(comparison->others_communication_us, comparison->others_compute_us) + " of their time and " +
              comm_share(comparison->communication_us, comparison->compute_us) + " of its own.";
    }
    print_wrapped(out_, terminal_, text, 2, Ink::kYellow);
  }

  static constexpr std::size_t kReportWidth = 78;

  const Trace& trace_;
  const AnalysisOptions& options_;
  const Terminal& terminal_;
  std::ostream& out_;
  std::uint64_t folded_ = 0;
  std::uint64_t lost_ = 0;     // spans of the ledger
  std::uint64_t asked_ = 0;    // of these, for a deliberate cause
  std::uint64_t damaged_ = 0;  // of these, with the part of the file that had them
  std::map<std::string, Summary> per_device_ = per_device_summary(trace_);
  std::optional<Activity> activity_ = device_activity(trace_);
};

}  // namespace

void write_analysis_text(const Trace& trace, const std::string& name, const AnalysisOptions& options,
                         const Terminal& terminal, std::ostream& out) {
  const TextReport report(trace, options, terminal, out);
  report.head(name);
  report.operations();
  report.devices();
  report.balance();
  report.communication();
  report.slowest();
  report.memory();
  report.queues();
  report.threads();
  report.tracer();
  report.losses();
  report.open_spans();
}

}  // namespace ringtail::cli
