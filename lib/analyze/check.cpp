#include "ringtail/analyze/check.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

#include "analyze/totals.h"
#include "ringtail/analyze/exactness.h"
#include "ringtail/base/result.h"

namespace ringtail::inline v1 {
namespace {

// "1 318": as the tools write numbers.
std::string text(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ' ');
  return digits;
}

std::string text(Nanoseconds time) {
  const std::int64_t ns = time.count();
  const auto size = static_cast<std::uint64_t>(ns);
  return ns < 0 ? "-" + text(~size + 1) : text(size);
}

std::string text(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

Finding violation(std::string_view what, bool ok, std::string detail) {
  return {what, Severity::kViolation, ok, std::move(detail)};
}

Finding notice(std::string_view what, bool ok, std::string detail) {
  return {what, Severity::kNotice, ok, std::move(detail)};
}

// Counts what breaks a rule and describes the first.
class Offenders {
 public:
  template <class Describe>
  void add(Describe describe) {
    if (count_++ == 0) first_ = describe();
  }

  [[nodiscard]] bool none() const { return count_ == 0; }

  // "expected RULE" when none; else "expected RULE, found FIRST (COUNT in all)".
  [[nodiscard]] std::string against(const std::string& rule) const {
    if (none()) return "expected " + rule + ", found so";
    return "expected " + rule + ", found " + first_ + " (" + text(count_) + " in all)";
  }

 private:
  std::uint64_t count_ = 0;
  std::string first_;
};

std::string at_row(std::size_t row) { return " in row " + text(std::uint64_t{row}); }

std::string of_thread(const Trace& trace, std::size_t thread) {
  return " on thread " + text(std::uint64_t{thread}) + " " + quoted(trace.threads[thread].name);
}

Finding check_indexes(const Trace& trace) {
  Offenders offenders;
  const auto look = [&](const char* where, std::uint32_t index, std::size_t size, bool may_lack) {
    if (index < size || (may_lack && index == UINT32_MAX)) return;
    offenders.add([&] { return where + (" " + text(std::uint64_t{index})) + " of " + text(std::uint64_t{size}); });
  };
  const std::size_t threads = trace.threads.size();
  const std::size_t devices = trace.device_names().size();
  const std::size_t ops = trace.op_names().size();
  for (std::size_t row = 0; row < trace.size(); ++row) {
    look("thread of a row", index_of(trace.columns().thread.at(row)), threads, true);
  }
  for (const FoldedTotal& total : trace.folded) {
    look("op of a folded total", index_of(total.op), ops, false);
    look("device of a folded total", index_of(total.device), devices, true);
  }
  for (const Loss& loss : trace.losses) {
    look("thread of a loss", index_of(loss.thread), threads, true);
    look("device of a loss", index_of(loss.device), devices, true);
  }
  for (const OpenSpan& span : trace.open_spans) {
    look("thread of an open span", index_of(span.thread), threads, true);
    look("op of an open span", index_of(span.op), ops, false);
    look("device of an open span", index_of(span.device), devices, true);
  }
  return violation("indexes", offenders.none(), offenders.against("every index in its table"));
}

Finding check_durations(const Trace& trace) {
  Offenders offenders;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const double us = trace.columns().duration_us[row];
    if (!std::isfinite(us) || us < 0.0) offenders.add([&] { return text(us) + " us" + at_row(row); });
  }
  for (const FoldedTotal& total : trace.folded) {
    if (total.duration.count() < 0)
      offenders.add([&] { return text(to_microseconds(total.duration)) + " us folded"; });
  }
  return violation("durations", offenders.none(), offenders.against("finite durations of at least 0 us"));
}

Finding check_total_duration(const Trace& trace) {
  double sum = 0.0;
  std::uint64_t folded = 0;
  const Column<double>& duration_us = trace.columns().duration_us;
  visit_rows(trace, [&](std::size_t row, auto weight) { sum += duration_us[row] * weight; });
  for (const FoldedTotal& total : trace.folded) {
    sum += to_microseconds(total.duration);
    folded = saturating_add(folded, total.count);
  }
  const double said = trace.total_duration_us;
  const bool ok = std::fabs(sum - said) <= 1e-9 * std::fmax(std::fabs(sum), std::fabs(said));
  return violation("total duration", ok,
                   "expected " + text(sum) + " us (sum of " + text(std::uint64_t{trace.size()}) + " rows and " +
                       text(folded) + " folded spans), found " + text(said) + " us");
}

Finding check_thread_accounts(const Trace& trace) {
  Offenders offenders;
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    const TraceThread& thread = trace.threads[i];
    if (thread.attempted == saturating_add(thread.recorded, thread.folded)) continue;
    offenders.add([&] {
      return text(thread.attempted) + " attempted, " + text(thread.recorded) + " recorded + " + text(thread.folded) +
             " folded" + of_thread(trace, i);
    });
  }
  return violation("thread accounts", offenders.none(), offenders.against("attempted == recorded + folded"));
}

// An index without a thread is check_indexes' affair.
bool in_range(ThreadId thread, const Trace& trace) { return index_of(thread) < trace.threads.size(); }

Finding check_thread_rows(const Trace& trace) {
  std::vector<std::uint64_t> rows(trace.threads.size());
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const ThreadId thread = trace.columns().thread.at(row);
    if (in_range(thread, trace)) ++rows[index_of(thread)];
  }
  Offenders offenders;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == trace.threads[i].recorded) continue;
    offenders.add([&] {
      return text(rows[i]) + " rows, " + text(trace.threads[i].recorded) + " recorded" + of_thread(trace, i);
    });
  }
  return violation("thread rows", offenders.none(), offenders.against("rows == recorded"));
}

Finding check_ledger(const Trace& trace) {
  Offenders offenders;
  std::uint64_t folded = 0;
  std::uint64_t lost = 0;
  std::vector<std::uint64_t> lost_by_thread(trace.threads.size());
  for (const FoldedTotal& total : trace.folded) folded = saturating_add(folded, total.count);
  for (const Loss& loss : trace.losses) {
    lost = saturating_add(lost, loss.count);
    if (!in_range(loss.thread, trace)) continue;
    std::uint64_t& sum = lost_by_thread[index_of(loss.thread)];
    sum = saturating_add(sum, loss.count);
  }
  if (folded != lost)
    offenders.add([&] { return text(lost) + " losses, " + text(folded) + " folded in the totals"; });
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    if (lost_by_thread[i] == trace.threads[i].folded) continue;
    offenders.add([&] {
      return text(lost_by_thread[i]) + " losses, " + text(trace.threads[i].folded) + " folded" + of_thread(trace, i);
    });
  }
  return violation("ledger", offenders.none(), offenders.against("losses == folded spans"));
}

// By chance a rate of one in N may have left nothing out, so either the rate or the count is reason enough. A trace
// with neither threads nor categories has nothing to say about sampling.
bool may_have_weights(const Trace& trace) {
  if (trace.threads.empty() && trace.categories.empty()) return true;
  return std::ranges::any_of(trace.categories, [](const TraceCategory& category) { return category.one_in > 1; }) ||
         std::ranges::any_of(trace.threads, [](const TraceThread& thread) { return thread.sampled_out != 0; });
}

Finding check_weights(const Trace& trace) {
  Offenders offenders;
  const bool may_have = may_have_weights(trace);
  for (std::size_t row = 0; !trace.columns().weight.empty() && row < trace.size(); ++row) {
    const std::uint32_t weight = trace.columns().weight.at(row);
    if (weight == 1 || (weight > 1 && may_have)) continue;
    offenders.add([&] { return "weight " + text(std::uint64_t{weight}) + at_row(row); });
  }
  for (const FoldedTotal& total : trace.folded) {
    if (total.extra == 0 || may_have) continue;
    offenders.add([&] { return text(total.extra) + " further spans of " + text(total.count) + " folded ones"; });
  }
  return violation("weights", offenders.none(), offenders.against("weights of 1, or more where spans were sampled"));
}

Finding check_order(const Trace& trace) {
  const Trace::Columns& columns = trace.columns();
  const std::string rule = "rows of a device ascending by (begin, thread)";
  const std::uint32_t devices = trace.device_names().size();
  std::vector<std::optional<std::pair<std::int64_t, ThreadId>>> last(std::size_t{devices} + 1);  // the last: none
  Offenders offenders;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const std::pair now(columns.begin_ns.at(row), columns.thread.at(row));
    if (now.first == kNoTime) return violation("order", true, "not applicable: there are rows without a begin");
    auto& before = last[std::min(index_of(columns.device[row]), devices)];
    if (before && now < *before) offenders.add([&] { return "a step back" + at_row(row); });
    before = now;
  }
  return violation("order", offenders.none(), offenders.against(rule));
}

Finding check_completeness(const Trace& trace) {
  std::uint64_t lost = 0;
  std::uint64_t asked = 0;
  for (const Loss& loss : trace.losses) {
    lost = saturating_add(lost, loss.count);
    if (is_deliberate(loss.cause)) asked = saturating_add(asked, loss.count);
  }
  return notice(
      "completeness", trace.complete(),
      "expected every span as a row, found " + text(lost) + " that are not" +
          (asked == 0 ? "" : ", " + text(asked) + " of them as asked") +
          (trace.unfinished() == nullptr ? "" : ", in a file without an end: what came after is not known"));
}

Finding check_sampling(const Trace& trace) {
  const std::optional<Sampling> sampling = sampling_of(trace);
  if (!sampling) return notice("sampling", true, "expected every span timed, found so");
  return notice("sampling", false,
                "expected every span timed, found " + text(sampling->timed) + " of " + text(sampling->spans) +
                    ": totals are estimates");
}

// Of each pair of times the first is a part of the second, which is 0 when unknown.
Finding check_tracer_times(const Trace& trace) {
  Offenders offenders;
  const auto look = [&](const char* name, Nanoseconds part, Nanoseconds whole, const auto& where) {
    if (part.count() >= 0 && whole.count() >= 0 && (whole.count() == 0 || part <= whole)) return;
    offenders.add([&] { return name + (" " + text(part)) + " ns of " + text(whole) + " ns" + where(); });
  };
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    const TraceThread& thread = trace.threads[i];
    look("blocked for", thread.blocked, thread.held, [&] { return of_thread(trace, i); });
    look("CPU time", thread.cpu, Nanoseconds{0}, [&] { return of_thread(trace, i); });
  }
  if (trace.cost) {
    look("collector's CPU time", trace.cost->collector_cpu, trace.cost->process_cpu, [] { return std::string(); });
  }
  return notice("tracer times", offenders.none(), offenders.against("times of parts within those of their whole"));
}

Finding check_shapes(const Trace& trace) {
  const Trace::Columns& columns = trace.columns();
  Offenders offenders;
  const auto judge = [&](std::size_t row) {
    const ShapesId shapes = columns.shapes[row];
    const std::uint64_t elements = trace.output_elements(row);
    const std::uint64_t bytes = trace.memory_bytes(row);
    const SignatureTable& table = trace.signatures();
    if (elements == table.elements(shapes) && bytes == table.bytes(shapes)) return;
    const Signature signature = table.at(shapes);
    // Without an output, and in the form an entry without one has in JSON (an empty shape), nothing was said.
    if (!signature.has_output() || (signature.output().empty() && elements == 0)) return;
    offenders.add([&] {
      return text(elements) + " elements and " + text(bytes) + " bytes where the shape gives " +
             text(table.elements(shapes)) + " and " + text(table.bytes(shapes)) + at_row(row);
    });
  };
  const bool all_derived = columns.output_elements.empty() && columns.memory_bytes.empty();
  for (std::size_t row = 0; !all_derived && row < trace.size(); ++row) judge(row);
  return notice("shapes", offenders.none(), offenders.against("elements and bytes as the shapes give"));
}

Finding check_steps(const Trace& trace) {
  const StepColumn& steps = trace.columns().step;
  std::uint64_t most = 0;
  std::uint64_t repeated = 0;
  std::uint64_t below = 0;
  for (std::size_t row = 0; row < steps.size(); ++row) {
    if (row != 0 && steps[row] == most) ++repeated;
    if (row != 0 && steps[row] < most) ++below;
    most = std::max(most, steps[row]);
  }
  return notice("steps", repeated + below == 0,
                "expected each step above all before it, found " + text(repeated) +
                    " rows that repeat the largest so far and " + text(below) + " below it");
}

Finding check_count(std::string_view what, const Trace& trace, std::uint64_t TraceThread::*member,
                    const std::string& rule) {
  Offenders offenders;
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    const std::uint64_t count = trace.threads[i].*member;
    if (count != 0) offenders.add([&] { return text(count) + of_thread(trace, i); });
  }
  return notice(what, offenders.none(), offenders.against(rule));
}

Finding check_open_spans(const Trace& trace) {
  return notice("open spans", trace.open_spans.empty(),
                "expected none at the end, found " + text(std::uint64_t{trace.open_spans.size()}));
}

}  // namespace

std::vector<Finding> check(const Trace& trace) {
  return {
      check_indexes(trace),
      check_durations(trace),
      check_total_duration(trace),
      check_thread_accounts(trace),
      check_thread_rows(trace),
      check_ledger(trace),
      check_weights(trace),
      check_order(trace),
      check_completeness(trace),
      check_sampling(trace),
      check_shapes(trace),
      check_steps(trace),
      check_count("clock", trace, &TraceThread::clock_steps, "no span that ends before it begins"),
      check_count("dropped shapes", trace, &TraceThread::shapes_dropped, "no shapes left out"),
      check_open_spans(trace),
      check_tracer_times(trace),
  };
}

bool is_consistent(const std::vector<Finding>& findings) {
  return std::ranges::none_of(
      findings, [](const Finding& finding) { return finding.severity == Severity::kViolation && !finding.ok; });
}

}  // namespace ringtail::inline v1
