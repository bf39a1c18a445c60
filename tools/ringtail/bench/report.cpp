#include "bench/report.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

namespace ringtail::overhead {
namespace {

double median_of(const Report& report, std::string_view key) {
  return std::ranges::find(report.rows, key, &Row::key)->figure.median;
}

double two_clock_reads(const Report& report) { return median_of(report, "two_clock_reads_ns"); }

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

constexpr std::size_t kLabelWidth = 34;

std::string columns(const std::string& label, const std::string& value, const std::string& ratio,
                    const std::string& range, const std::string& folded) {
  std::string line = left(label, kLabelWidth) + right(value, 8) + right(ratio, 8) + right(range, 18);
  if (!folded.empty()) line += right(folded, 10);
  return line;
}

// Three digits are what the figures are good for.
std::string nanoseconds(double ns) { return fixed(ns, ns < 10.0 ? 2 : 1); }

std::string whole(double value) { return fixed(value, 0); }

std::string range_of(const Figure& figure, std::string (*text)(double)) {
  return text(figure.min) + " .. " + text(figure.max);
}

std::string millions(double per_second) { return fixed(per_second / 1e6, 1); }

std::string one_decimal(double value) { return fixed(value, 1); }

std::string cost_line(const Row& row, double two_reads) {
  return columns(row.label, nanoseconds(row.figure.median), fixed(row.figure.median / two_reads, 2),
                 range_of(row.figure, nanoseconds),
                 row.folded_share > 0.0 ? fixed(100.0 * row.folded_share, 1) + " %" : "");
}

std::string latency_columns(const std::string& label, const std::string& p50, const std::string& p99,
                            const std::string& p999, const std::string& max) {
  return left(label, kLabelWidth) + right(p50, 8) + right(p99, 10) + right(p999, 10) + right(max, 13);
}

std::string latency_line(const Row& row) {
  const Percentiles& p = row.latency;
  return latency_columns(row.label, one_decimal(p.p50), one_decimal(p.p99), one_decimal(p.p999), whole(p.max));
}

// How many times the rate that this one is compared with; nothing for rates of their own.
std::optional<double> multiple(const Report& report, const Row& row) {
  if (row.relative_to.empty()) return std::nullopt;
  return row.figure.median / median_of(report, row.relative_to);
}

std::string rate_line(const Report& report, const Row& row) {
  const auto ratio = multiple(report, row);
  return columns(row.label, millions(row.figure.median), ratio ? fixed(*ratio, 2) : "",
                 range_of(row.figure, millions), "");
}

std::string memory_line(const Row& row) {
  return columns(row.label, one_decimal(row.figure.median), "", range_of(row.figure, one_decimal), "");
}

// The rows of a unit under their titles.
template <class Line>
void write_section(const Report& report, Unit unit, const std::string& titles, Line line, std::ostream& out) {
  out << titles << "\n";
  for (const Row& row : report.rows) {
    if (row.unit == unit) out << line(row) << "\n";
  }
  out << "\n";
}

std::string without(std::string_view key, std::string_view suffix) {
  return std::string(key.ends_with(suffix) ? key.substr(0, key.size() - suffix.size()) : key);
}

std::string pinning(const Report& report) {
  if (!report.workload.cpus) return "none";
  return "producer on CPU " + std::to_string(report.workload.cpus->producer) + ", collector on CPU " +
         std::to_string(report.workload.cpus->collector);
}

std::string json_text(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    // What /proc prints has no control characters; a space keeps the document valid if that changes.
    json += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return json + '"';
}

std::string json_number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6);
  return {text, end.ptr};
}

// The members of an object, each on a line of its own.
class Members {
 public:
  Members(std::ostream& out, int depth) : out_(out), indent_(static_cast<std::size_t>(depth) * 2, ' ') {
    out_ << "{";
  }
  void add(std::string_view key, std::string_view json) { name(key) << json; }
  std::ostream& name(std::string_view key) {
    out_ << (first_ ? "\n" : ",\n") << indent_ << json_text(key) << ": ";
    first_ = false;
    return out_;
  }
  void end() { out_ << "\n" << indent_.substr(2) << "}"; }

 private:
  std::ostream& out_;
  std::string indent_;
  bool first_ = true;
};

void write_environment(const Report& report, std::ostream& out) {
  const Machine& m = report.machine;
  Members members(out, 2);
  members.add("cpu", json_text(m.cpu));
  members.add("cpus_allowed", std::to_string(m.cpus_allowed));
  members.add("memory", json_text(m.memory));
  members.add("kernel", json_text(m.kernel));
  members.add("compiler", json_text(m.compiler));
  members.add("flags", json_text(m.flags));
  members.add("clock", json_text(m.clock));
  members.add("clock_step_ns", json_number(m.clock_step_ns));
  members.add("pinning", report.workload.cpus ? json_text(pinning(report)) : "null");
  members.add("load_before", json_text(report.load_before));
  members.add("load_after", json_text(report.load_after));
  members.end();
}

}  // namespace

void write_text(const Report& report, std::ostream& out) {
  const double two_reads = two_clock_reads(report);
  const Machine& m = report.machine;
  write_section(
      report, Unit::kNanoseconds, columns("cost on the recording thread", "ns", "x reads", "min .. max", "folded"),
      [&](const Row& row) { return cost_line(row, two_reads); }, out);
  write_section(report, Unit::kLatency, latency_columns("one span at a time, ns", "p50", "p99", "p99.9", "max"),
                latency_line, out);
  write_section(
      report, Unit::kSpansPerSecond, columns("spans per second", "M/s", "x one", "min .. max", ""),
      [&](const Row& row) { return rate_line(report, row); }, out);
  write_section(report, Unit::kBytes, columns("memory per span", "bytes", "", "min .. max", ""), memory_line, out);
  out << "medians of " << report.workload.rounds << " interleaved rounds of " << report.workload.spans
      << " spans; max: of all rounds\n"
      << "x reads: as multiples of two clock reads; folded: counted, not on the timeline\n"
      << "a full span has an op, a device, two input shapes and one output shape\n"
      << "one at a time: less the cost of the two reads that time it, in steps of " << fixed(m.clock_step_ns, 1)
      << " ns\n"
      << "machine   " << m.cpu << ", " << m.cpus_allowed << " CPUs, " << m.memory << "\n"
      << "kernel    " << m.kernel << "\n"
      << "clock     " << m.clock << ", steps of " << fixed(m.clock_step_ns, 1) << " ns\n"
      << "compiler  " << m.compiler << "\n"
      << "flags     " << m.flags << "\n"
      << "pinning   " << pinning(report) << "\n"
      << "load      " << report.load_before << " before, " << report.load_after << " after\n";
}

void write_json(const Report& report, std::ostream& out) {
  const double two_reads = two_clock_reads(report);
  Members top(out, 1);
  for (const Row& row : report.rows) {
    if (row.unit != Unit::kLatency) top.add(row.key, json_number(row.figure.median));
  }
  if (!report.workload.cpus) top.add("core_to_core_ns", "null");
  {
    Members latency(top.name("latency"), 2);
    for (const Row& row : report.rows) {
      if (row.unit != Unit::kLatency) continue;
      const Percentiles& p = row.latency;
      latency.add(row.key, "{\"p50_ns\": " + json_number(p.p50) + ", \"p99_ns\": " + json_number(p.p99) +
                               ", \"p99.9_ns\": " + json_number(p.p999) + ", \"max_ns\": " + json_number(p.max) +
                               "}");
    }
    latency.end();
  }
  {
    Members ratios(top.name("ratios"), 2);
    for (const Row& row : report.rows) {
      if (row.unit == Unit::kNanoseconds) {
        ratios.add(without(row.key, "_ns"), json_number(row.figure.median / two_reads));
      } else if (const auto ratio = multiple(report, row)) {
        ratios.add(without(row.key, "_spans_per_s"), json_number(*ratio));
      }
    }
    ratios.end();
  }
  {
    Members spread(top.name("spread"), 2);
    for (const Row& row : report.rows) {
      if (row.unit == Unit::kLatency) continue;
      spread.add(row.key,
                 "{\"min\": " + json_number(row.figure.min) + ", \"max\": " + json_number(row.figure.max) + "}");
    }
    spread.end();
  }
  {
    Members folded(top.name("folded"), 2);
    for (const Row& row : report.rows) {
      if (row.unit == Unit::kNanoseconds) folded.add(row.key, json_number(row.folded_share));
    }
    folded.end();
  }
  top.add("rounds", std::to_string(report.workload.rounds));
  top.add("spans_per_round", std::to_string(report.workload.spans));
  write_environment(report, top.name("environment"));
  top.end();
  out << "\n";
}

}  // namespace ringtail::overhead
