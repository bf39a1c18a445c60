// ringtail/format/json.h
//
// The reference's JSON, byte for byte, plus the facts that only the runtime knows.
//
// Shape    {"entries": [...], "total_duration_us": D, "metadata": {...}, "ringtail": {...}}, two-space indent, no
//          newline at the end, numbers in their shortest form that reads back the same (500.0, 1e16). An entry has
//          the reference's eight keys; then, where the trace has the fact: begin_ns, thread (index into
//          ringtail.threads), depth (unless 0), queue_delay_ns, lost_before (unless 0), shapes_dropped (only true),
//          weight (unless 1). "ringtail" holds version (1), origin, threads, folded, losses, open_spans, categories,
//          cost, each only if there is one; of the origin later (pairs of times), of a thread sampled_out, held_ns,
//          cpu_ns and blocked_ns, of a folded total extra, each unless 0. The reference reads all of it.
// Names    Written as UTF-8; each maximal invalid sequence of bytes becomes U+FFFD, so such a name
//          reads back changed.
// Reading  Keys come in any order, unknown ones are ignored whatever they hold, device_id may be missing. Everything
//          else that differs from the above is an error: wrong types, integers out of range, keys given twice, keys
//          missing, more than 32 levels, bad UTF-8, NaN, anything after the end.
// Errors   One line, `byte 1234: $.entries[3].step: expected an unsigned integer, found -1`: the offset of the
//          first byte of the offending token, the JSON path of the value it is in or after, and what is wrong.
//          Offsets count from where the stream stood. kMalformed; kUnsupported for a newer version; kIo when
//          the stream fails.
// Law      read_json(write_json(t)) == t for every trace that write_json accepts and whose names are UTF-8.
// Cost     A text or file of exactly the layout above is read, and every trace is written, on all of the hardware's
//          threads. Beside the trace and the text, reading holds a block of 256 KiB per thread and, until the
//          threads' parts are joined, a second copy of the rows; writing holds four pieces of 512 entries per thread.
//          Anything else that is JSON is read several times as slowly in one pass, as is a stream: in blocks of
//          64 KiB, with nothing held but the trace. So is what there is no memory for two copies of.
// Threads  As const functions of their arguments.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

[[nodiscard]] Result<Trace> read_json(std::istream& in);
[[nodiscard]] Result<Trace> read_json(std::string_view text);

// Several times as fast as a stream: a regular file is read at several places at once. kIo when it cannot be opened.
[[nodiscard]] Result<Trace> read_json_file(const std::string& path);

// Flushes at the end. kUnsupported, before the first byte is written, for what the format cannot say: a duration or
// cost that is NaN or infinite, a weight or one_in of 0, a thread index outside a non-empty Trace::threads, two
// metadata keys that become the same text.
[[nodiscard]] Status write_json(const Trace& trace, std::ostream& out);

// The same file in parts, for rows that come while others are recorded: append() them in order, then finish() once
// with what is known at the end, whose rows are not looked at. Each append may have tables of its own.
//
// Errors   kUnsupported as of write_json: from append() for a duration or weight of its rows, before anything of
//          these is written; from finish() for the rest and for any row's thread index, before anything of the end
//          is. Either leaves the file without an end, so that no reader takes it for whole. kIo when the stream
//          fails, which may be at any byte.
// Threads  One at a time. An append of many rows uses several threads of its own.
class JsonTraceWriter {
 public:
  explicit JsonTraceWriter(std::ostream& out);
  ~JsonTraceWriter();

  // Requires, as finish(): neither finish() nor an error came before.
  [[nodiscard]] Status append(const Trace& rows);
  [[nodiscard]] Status finish(const Trace& end);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The reference's to_json: what write_json writes; empty where write_json gives kUnsupported.
[[nodiscard]] std::string to_json(const Trace& trace);

}  // namespace ringtail::inline v1
