// tools/ringtail/analysis.h
//
// Every analysis of one trace, as text for people and as JSON for programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

#include "json_writer.h"
#include "ringtail/trace/trace.h"
#include "terminal.h"

namespace ringtail::cli {

struct AnalysisOptions {
  std::uint64_t memory_threshold_bytes = 1U << 20U;  // memory hotspots are strictly above it
  double min_comm_ratio = 0.05;                      // of the trace's total duration
  std::uint64_t top = 10;                            // rows in lists that could be long
};

// Fits the terminal's width; says of every part whether it is exact.
void write_analysis_text(const Trace& trace, const std::string& name, const AnalysisOptions& options,
                         const Terminal& terminal, std::ostream& out);

// The results as one object: the reference's keys sorted, then "ringtail" with what only the runtime knows,
// left out when the trace has none of it. A `name` goes first, as "file"; without one there is no such key.
void write_analysis_json(const Trace& trace, const std::string* name, const AnalysisOptions& options,
                         JsonWriter& json);

}  // namespace ringtail::cli
