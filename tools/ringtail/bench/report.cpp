#include "bench/report.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <utility>

namespace ringtail::overhead {
namespace {

double two_clock_reads(const Report& report) {
  const auto row = std::ranges::find(report.rows, "two_clock_reads_ns", &Row::key);
  return row->figure.median;
}

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string right(std::string text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

constexpr std::size_t kLabelWidth = 34;

std::string columns(std::string label, std::string value, std::string ratio, std::string range, std::string folded) {
  std::string line = left(std::move(label), kLabelWidth) + right(std::move(value), 8) + right(std::move(ratio), 8) +
                     right(std::move(range), 18);
  if (!folded.empty()) line += right(std::move(folded), 10);
  return line;
}

std::string line_of(const Row& row, double two_reads) {
  const Figure& f = row.figure;
  return columns(row.label, fixed(f.median, 1), fixed(f.median / two_reads, 2),
                 fixed(f.min, 1) + " .. " + fixed(f.max, 1),
                 row.folded_share > 0.0 ? fixed(100.0 * row.folded_share, 1) + " %" : "");
}

std::string rate_line_of(const Row& row) {
  const auto millions = [](double per_second) { return fixed(per_second / 1e6, 1); };
  const Figure& f = row.figure;
  return columns(row.label, millions(f.median), "", millions(f.min) + " .. " + millions(f.max), "");
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
  members.add("pinning", report.workload.cpus ? json_text(pinning(report)) : "null");
  members.add("load_before", json_text(report.load_before));
  members.add("load_after", json_text(report.load_after));
  members.end();
}

}  // namespace

void write_text(const Report& report, std::ostream& out) {
  const double two_reads = two_clock_reads(report);
  const Machine& m = report.machine;
  out << columns("cost on the recording thread", "ns", "x reads", "min .. max", "folded") << "\n";
  for (const Row& row : report.rows) {
    if (row.unit == Unit::kNanoseconds) out << line_of(row, two_reads) << "\n";
  }
  out << "\n" << columns("rates, one core", "M/s", "", "min .. max", "") << "\n";
  for (const Row& row : report.rows) {
    if (row.unit == Unit::kSpansPerSecond) out << rate_line_of(row) << "\n";
  }
  out << "\n"
      << "medians of " << report.workload.rounds << " interleaved rounds of " << report.workload.spans << " spans\n"
      << "x reads: as multiples of two clock reads; folded: counted, not on the timeline\n"
      << "a full span has an op, a device, two input shapes and one output shape\n"
      << "machine   " << m.cpu << ", " << m.cpus_allowed << " CPUs, " << m.memory << "\n"
      << "kernel    " << m.kernel << "\n"
      << "clock     " << m.clock << "\n"
      << "compiler  " << m.compiler << "\n"
      << "flags     " << m.flags << "\n"
      << "pinning   " << pinning(report) << "\n"
      << "load      " << report.load_before << " before, " << report.load_after << " after\n";
}

void write_json(const Report& report, std::ostream& out) {
  const double two_reads = two_clock_reads(report);
  Members top(out, 1);
  for (const Row& row : report.rows) top.add(row.key, json_number(row.figure.median));
  if (!report.workload.cpus) top.add("core_to_core_ns", "null");
  {
    Members ratios(top.name("ratios"), 2);
    for (const Row& row : report.rows) {
      if (row.unit != Unit::kNanoseconds) continue;
      ratios.add(row.key.substr(0, row.key.size() - 3), json_number(row.figure.median / two_reads));
    }
    ratios.end();
  }
  {
    Members spread(top.name("spread"), 2);
    for (const Row& row : report.rows) {
      spread.add(row.key,
                 "{\"min\": " + json_number(row.figure.min) + ", \"max\": " + json_number(row.figure.max) + "}");
    }
    spread.end();
  }
  {
    Members folded(top.name("folded"), 2);
    for (const Row& row : report.rows) folded.add(row.key, json_number(row.folded_share));
    folded.end();
  }
  top.add("rounds", std::to_string(report.workload.rounds));
  top.add("spans_per_round", std::to_string(report.workload.spans));
  write_environment(report, top.name("environment"));
  top.end();
  out << "\n";
}

}  // namespace ringtail::overhead
