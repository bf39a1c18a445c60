// tools/ringtail/trace_input.h
//
// A trace by the name that the command line gives: a file, or "-" for standard input; JSON or .rtt, told by its first
// byte.
#pragma once

#include <string>

#include "command.h"
#include "command_line.h"
#include "ringtail/base/result.h"
#include "ringtail/format/rtt.h"
#include "ringtail/trace/trace.h"

namespace ringtail::cli {

// The limits are those of .rtt.
[[nodiscard]] Result<Trace> load_trace(const std::string& name, std::istream& standard_input,
                                       const RttLimits& limits = {});

// How the name stands in messages and reports: itself, "standard input" for "-".
[[nodiscard]] std::string shown_name(const std::string& name);

// Errors of reading .rtt, with the limit called as on the command line.
[[nodiscard]] Error with_option_names(Error error);

// --max-memory, "500M".
void add_memory_option(CommandLine& line, RttLimits& limits);

}  // namespace ringtail::cli
