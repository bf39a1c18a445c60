// tools/ringtail/trace_report.h
//
// What a command says of each of the traces that its command line names.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "command.h"
#include "json_writer.h"
#include "ringtail/format/rtt.h"
#include "ringtail/trace/trace.h"
#include "terminal.h"

namespace ringtail::cli {

struct TraceReport {
  const char* separator;  // between the texts of two traces
  std::function<void(const Trace& trace, const std::string& name, const Terminal& terminal, std::ostream& out)> text;
  // One value; without a name where the trace is the only one.
  std::function<void(const Trace& trace, const std::string* name, JsonWriter& json)> json;
};

// Reads all of them, then prints: an input that cannot be read is complained of and leaves no output. As JSON
// several are an array. kLossy when `strict` and a trace misses spans that
// nobody asked to leave out.
int report_traces(const std::vector<std::string>& names, const RttLimits& limits, bool as_json, bool strict,
                  Streams& io, const TraceReport& report);

}  // namespace ringtail::cli
