// tools/ringtail/analysis_tracer.h
//
// The tracer's own part of a report: what was thinned, and what recording cost.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "json_writer.h"
#include "ringtail/trace/trace.h"
#include "terminal.h"

namespace ringtail::cli {

// "1 210 of 4 800 spans were timed (down to 1 in 4 of op); totals are estimates."; empty for a trace that was not
// sampled.
[[nodiscard]] std::string sampling_text(const Trace& trace);

// "memory: 1 in 4 kept at random, shorter than 10 us only in the totals": a category that is not recorded whole.
[[nodiscard]] std::string category_text(const TraceCategory& category);

// True when the trace says something of its recording: threads, costs, categories or a budget.
[[nodiscard]] bool knows_of_tracer(const Trace& trace);

// Everything below the heading; `top` threads, those of the largest share.
void write_tracer_text(const Trace& trace, std::uint64_t top, const Terminal& terminal, std::ostream& out);

// The key "tracer" and its object; analysis.h lists its members.
void write_tracer_json(const Trace& trace, JsonWriter& json);

}  // namespace ringtail::cli
