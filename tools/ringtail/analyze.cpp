#include "analysis.h"
#include "command.h"
#include "command_line.h"
#include "trace_input.h"
#include "trace_report.h"

namespace ringtail::cli {

int analyze(const Arguments& arguments, Streams& io) {
  std::vector<std::string> names;
  std::string format = "text";
  AnalysisOptions options;
  bool strict = false;
  RttLimits limits;
  CommandLine line("analyze", "Every analysis of one trace or several.", "ringtail analyze trace.json --top 5");
  line.many("TRACE", names, "trace files (.rtt, JSON); - is standard input");
  line.choice("--format", format, {"text", "json"}, "what to print");
  line.bytes("--memory-threshold", options.memory_threshold_bytes, 0,
             "list spans with more memory than this;\nas 500K, 10M or 2G");
  line.real("--min-comm-ratio", "R", options.min_comm_ratio, 0.0, 1.0,
            "list communication with at least this\nshare of the total duration, 0 to 1");
  line.whole("--top", "N", options.top, 0, UINT64_MAX, "rows in long lists");
  line.flag("--strict", strict,
            "exit with 4 when spans are missing\nfrom the timeline that nobody asked\nto leave out");
  add_memory_option(line, limits);
  if (const auto code = line.parse(arguments, io)) return *code;

  return report_traces(names, limits, format == "json", strict, io,
                       {.separator = "\n\n",
                        .text = [&](const Trace& trace, const std::string& name, const Terminal& terminal,
                                    std::ostream& out) { write_analysis_text(trace, name, options, terminal, out); },
                        .json = [&](const Trace& trace, const std::string* name,
                                    JsonWriter& json) { write_analysis_json(trace, name, options, json); }});
}

}  // namespace ringtail::cli
