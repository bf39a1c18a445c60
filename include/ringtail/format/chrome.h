// ringtail/format/chrome.h
//
// Chrome trace event JSON, as Perfetto, about:tracing and speedscope open it. Written only.
//
// Shape    {"traceEvents": [...], "displayTimeUnit": "ms", "otherData": {...}}. A device is a process ("no device"
//          comes last), a recording thread on it is a row, a trace row is one complete event ("X") with its step,
//          shapes, elements, bytes and queue delay as args.
// Lanes    Viewers need the events of a row to nest or be disjoint; Perfetto drops those that overlap otherwise.
//          Spans that do go to further rows, "NAME (2)" and so on, so that none is lost.
// Units    ts and dur: microseconds with three decimals, from integer nanoseconds. When a span begins before the
//          trace's origin, all times are moved so that the earliest is 0; otherData.ts_shift_ns says by how much.
// Times    Rows without a begin (a trace of the reference) are laid end to end on one row of their device, and
//          otherData.timeline says that these places are synthetic. Durations that are negative, not finite, or reach
//          past 2^62 ns are cut to the range and counted in otherData.durations_cut.
// Rest     otherData has what the timeline cannot show: totals of folded spans, losses, open spans, accounts of the
//          threads, origin and metadata.
// Text     Valid UTF-8 whatever the names are: what is none becomes U+FFFD. Metadata keys that this makes equal are
//          told apart, "KEY (2)" and so on. Integers past 2^53 are strings.
// Cost     Sorts the rows (64 bytes each while writing); the text is streamed.
#pragma once

#include <ostream>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

Status write_chrome(const Trace& trace, std::ostream& out);

}  // namespace ringtail::inline v1
