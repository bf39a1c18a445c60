// ringtail/format/collapsed.h
//
// Collapsed stacks: the text that flame graph tools take, one line `trace;DEVICE;OP WEIGHT` per (device, op).
//
// Units    A weight is whole microseconds, at least 1 per span: the sum over rows of max(duration_us, 1) rounded half
//          away from zero. Of the spans folded into one (op, device), only their sum is known: they weigh their sum,
//          rounded so, but at least 1 each; that is less than 1 per span away from what their rows would weigh. Sums
//          saturate at 2^64-1.
// Order    Lines by their stack text in byte order. Equal stacks are one line: spans without a device join those of a
//          device called "unknown".
// Limits   The format has no escape of its own. A name that ends in a space and digits is read right by speedscope
//          and Perfetto; flamegraph.pl takes it for a differential profile.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// The reference's text: names as they are, lines joined by newlines, none at the end; empty for an empty trace.
[[nodiscard]] std::string flamegraph_collapsed(const Trace& trace);

// The file: names escaped (escape_frame), a newline after every line.
Status write_collapsed(const Trace& trace, std::ostream& out);

// `%`, `;`, newline and carriage return as %25 %3B %0A %0D; all other bytes as they are.
[[nodiscard]] std::string escape_frame(std::string_view name);

// The name that escape_frame made `frame` of; nothing when it made none.
[[nodiscard]] std::optional<std::string> unescape_frame(std::string_view frame);

}  // namespace ringtail::inline v1
