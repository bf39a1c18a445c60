#include "trace_report.h"

#include <sstream>

#include "ringtail/analyze/exactness.h"
#include "trace_input.h"

namespace ringtail::cli {

int report_traces(const std::vector<std::string>& names, const RttLimits& limits, bool as_json, bool strict,
                  Streams& io, const TraceReport& report) {
  std::ostringstream text;
  text.exceptions(std::ios::badbit);  // without memory it would go on with less
  JsonWriter json(text);
  const bool several = names.size() > 1;
  bool complete = true;
  if (as_json && several) json.open_array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Result<Trace> trace = load_trace(names[i], io.in, limits);
    if (!trace.ok()) return complain(io, shown_name(names[i]), trace.error());
    complete = complete && complete_as_asked(trace.value());
    if (as_json) {
      report.json(trace.value(), several ? &names[i] : nullptr, json);
    } else {
      if (i > 0) text << report.separator;
      report.text(trace.value(), shown_name(names[i]), terminal_of(io.out), text);
    }
  }
  if (as_json && several) json.close_array();
  io.out << text.view();
  return strict && !complete ? kLossy : kDone;
}

}  // namespace ringtail::cli
