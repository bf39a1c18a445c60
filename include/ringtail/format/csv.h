// ringtail/format/csv.h
//
// A table for spreadsheets and data frames: a line of column names, then one line per row of the trace, in its order.
// Written only.
//
// Columns  begin_ns, duration_us, device, operation, step, thread, depth, input_shapes, output_shape,
//          output_elements, memory_bytes, weight, lost_before, queue_delay_ns, thread_name; as TraceEntry has them.
// Cells    RFC 4180: text stands in quotes, those within it doubled; numbers do not; lines end with a newline alone.
//          Shapes are text as JSON writes them, "[[2,3],[3,4]]". An empty cell is a fact that the row lacks: no
//          begin, no device (one without a name is ""), shapes that were dropped, a duration that is NaN or infinite.
// Formulas A spreadsheet runs a cell that begins with = + - @, one of their full-width forms, a tab or a line break,
//          quoted or not. A name that does, or that begins with ', gets one ' before it: what is left without that is
//          the name. Formulas::kKept leaves names as they are. A program that is told to split the file elsewhere
//          than at its commas makes other cells of it: import it as comma-separated.
// Text     UTF-8. What is none in a name becomes U+FFFD, and so does NUL, where many readers end a cell.
// Missing  What is no row: folded totals, losses, open spans, accounts of the threads, metadata. A second table in
//          the file would be no CSV; spans_without_row() says how many spans a reader will not find.
// Errors   kIo when the stream fails.
// Cost     Streamed, in pieces of 64 KiB. The cells of names and shapes are made once each.
#pragma once

#include <cstdint>
#include <ostream>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

enum class Formulas { kDisarmed, kKept };

Status write_csv(const Trace& trace, std::ostream& out, Formulas formulas = Formulas::kDisarmed);

// Spans that the trace knows of and that no row stands for: folded ones, as often as they weigh, and open ones.
// Saturates at 2^64-1.
[[nodiscard]] std::uint64_t spans_without_row(const Trace& trace);

}  // namespace ringtail::inline v1
