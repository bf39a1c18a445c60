// lib/collect/assembly.h
//
// From rows in chunks to the columns of a trace.
//
// Rows are written from the last to the first, the order in which the merge gives them. The pages of a large trace
// are made by a second thread that runs ahead: it changes nothing, so without it the result is the same.
//
// Errors   Throws std::bad_alloc.
#pragma once

#include <cstdint>
#include <span>

#include "collect/clock_map.h"
#include "collect/row_log.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// What the kinds of these segments need of a trace whose tables they refer to.
struct RowNeeds {
  Trace::Facts facts;
  bool unknown_op = false;      // some op is in no table
  bool unknown_device = false;  // some device is
};
[[nodiscard]] RowNeeds needs_of(std::span<const Segment> segments, const Trace& trace);

// Replaces the trace's rows by the segments', which need this; its tables and origin are set. total_duration_us is
// the sum of the rows.
void write_rows(std::span<const Segment> segments, const RowNeeds& needs, const ClockMap& clock, Trace& trace);

}  // namespace ringtail::inline v1
