#include <sstream>

#include "analysis.h"
#include "command.h"
#include "command_line.h"
#include "trace_input.h"

namespace ringtail::cli {

int analyze(const Arguments& arguments, Streams& io) {
  std::vector<std::string> names;
  std::string format = "text";
  AnalysisOptions options;
  bool strict = false;
  CommandLine line("analyze", "Every analysis of one trace or several.", "ringtail analyze trace.json --top 5");
  line.many("TRACE", names, "trace files (JSON); - is standard input");
  line.choice("--format", format, {"text", "json"}, "what to print");
  line.whole("--memory-threshold", "BYTES", options.memory_threshold_bytes, 0, UINT64_MAX,
             "list spans with more memory than this");
  line.real("--min-comm-ratio", "R", options.min_comm_ratio, 0.0, 1e18,
            "list communication with at least this\nshare of the total duration");
  line.whole("--top", "N", options.top, 0, UINT64_MAX, "rows in long lists");
  line.flag("--strict", strict, "exit with 4 when spans are missing\nfrom the timeline");
  if (const auto code = line.parse(arguments, io)) return *code;

  // All of them, then the output: an input that cannot be read leaves nothing behind.
  std::ostringstream report;
  JsonWriter json(report);
  const bool is_json = format == "json";
  const bool several = names.size() > 1;
  bool complete = true;
  if (is_json && several) json.open_array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Result<Trace> trace = load_trace(names[i], io.in);
    if (!trace.ok()) return complain(io, shown_name(names[i]), trace.error());
    complete = complete && trace.value().complete();
    if (is_json) {
      write_analysis_json(trace.value(), several ? &names[i] : nullptr, options, json);
    } else {
      if (i > 0) report << "\n\n";
      write_analysis_text(trace.value(), shown_name(names[i]), options, terminal_of(io.out), report);
    }
  }
  if (is_json && several) json.close_array();
  io.out << report.view();
  return strict && !complete ? kLossy : kDone;
}

}  // namespace ringtail::cli
