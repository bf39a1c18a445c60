// tests/support/hostile_names.h
//
// Names that break careless writers and readers: control and escape sequences, marks that turn text around, what is
// no UTF-8, separators of every format, formulas, markup, paths, formats of printf, words that are no names, storms
// of marks, nothing at all, and a megabyte.
#pragma once

#include <string>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// More than 200, all different, in the same order each time.
[[nodiscard]] std::vector<std::string> hostile_names();

// A trace that has each of them as an operation, a device and a thread, and as metadata where it is UTF-8: the span
// of the i-th begins at i microseconds on thread i. Every third has folded spans and an open one as well; its account
// is wrong, so that a check names its thread.
[[nodiscard]] Trace hostile_named_trace(const std::vector<std::string>& names);

}  // namespace ringtail::inline v1
