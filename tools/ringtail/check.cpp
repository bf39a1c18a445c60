#include "ringtail/analyze/check.h"

#include "command.h"
#include "command_line.h"
#include "printable.h"
#include "table.h"
#include "trace_input.h"
#include "trace_report.h"
#include "units.h"

namespace ringtail::cli {
namespace {

const char* severity_text(const Finding& finding) {
  return finding.severity == Severity::kViolation ? "violation" : "notice";
}

// What holds on one line each; what does not, with what was found.
void write_text(const std::vector<Finding>& findings, const Trace& trace, const std::string& name,
                const Terminal& terminal, std::ostream& out) {
  out << painted(printable(name), Ink::kBold, terminal) << '\n';
  if (const std::string* how_far = trace.unfinished()) {
    print_wrapped(out, terminal, "unfinished: " + printable(*how_far), 2, Ink::kYellow);
  }
  std::uint64_t violations = 0;
  std::uint64_t notices = 0;
  for (const Finding& finding : findings) {
    const bool violated = !finding.ok && finding.severity == Severity::kViolation;
    violations += violated ? 1 : 0;
    notices += !finding.ok && !violated ? 1 : 0;
    const std::string verdict = finding.ok ? "holds" : violated ? "VIOLATED" : "notice";
    const Ink ink = finding.ok ? Ink::kGreen : violated ? Ink::kRed : Ink::kYellow;
    out << "  " << painted(verdict, ink, terminal) << std::string(10 - verdict.size(), ' ') << finding.what << '\n';
    if (!finding.ok) print_wrapped(out, terminal, printable(finding.detail), 12);
  }
  out << "  " << count_text(findings.size(), "check") << ": " << count_text(violations, "violation") << ", "
      << count_text(notices, "notice") << '\n';
}

void write_json(const std::vector<Finding>& findings, const Trace& trace, const std::string* name, JsonWriter& json) {
  json.open_object();
  if (name != nullptr) json.member("file", *name);
  json.member("consistent", is_consistent(findings));
  json.key("findings");
  json.open_array();
  for (const Finding& finding : findings) {
    json.open_object();
    json.member("check", finding.what);
    json.member("detail", finding.detail);
    json.member("ok", finding.ok);
    json.member("severity", severity_text(finding));
    json.close_object();
  }
  json.close_array();
  if (const std::string* how_far = trace.unfinished()) json.member("unfinished", *how_far);
  json.close_object();
}

}  // namespace

int check(const Arguments& arguments, Streams& io) {
  std::vector<std::string> names;
  std::string format = "text";
  bool strict = false;
  RttLimits limits;
  CommandLine line("check", "Whether a trace can be believed: its conservation laws, and what to know of it.",
                   "ringtail check trace.json --strict");
  line.many("TRACE", names, "trace files (.rtt, JSON); - is standard input");
  line.choice("--format", format, {"text", "json"}, "what to print");
  line.flag("--strict", strict,
            "exit with 4 when spans are missing\nfrom the timeline that nobody asked\nto leave out");
  add_memory_option(line, limits);
  if (const auto code = line.parse(arguments, io)) return *code;

  bool consistent = true;
  const auto findings_of = [&consistent](const Trace& trace) {
    std::vector<Finding> findings = ringtail::check(trace);
    consistent = consistent && is_consistent(findings);
    return findings;
  };
  const int code =
      report_traces(names, limits, format == "json", strict, io,
                    {.separator = "\n",
                     .text = [&](const Trace& trace, const std::string& name, const Terminal& terminal,
                                 std::ostream& out) { write_text(findings_of(trace), trace, name, terminal, out); },
                     .json = [&](const Trace& trace, const std::string* name,
                                 JsonWriter& json) { write_json(findings_of(trace), trace, name, json); }});
  return consistent ? code : kFailed;
}

}  // namespace ringtail::cli
