// tools/ringtail/trace_input.h
//
// A trace by the name that the command line gives: a file, or "-" for standard input.
#pragma once

#include <string>

#include "command.h"
#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::cli {

[[nodiscard]] Result<Trace> load_trace(const std::string& name, std::istream& standard_input);

// How the name stands in messages and reports: itself, "standard input" for "-".
[[nodiscard]] std::string shown_name(const std::string& name);

}  // namespace ringtail::cli
