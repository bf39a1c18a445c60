// ringtail/format/rtt.h
//
// The native file: written chunk by chunk while the program runs, readable while it grows, salvaged after a crash.
//
// Shape    A file is a sequence of chunks; lib/format/RTT.md describes them byte by byte. Each has a header with
//          magic, version, lengths, sequence number and two CRC32Cs, and is self-contained: the names and signatures
//          of its rows stand in it, before them. Rows are columns, each coded by the block as what is smallest. Kinds
//          of chunks: rows; the state (threads and their accounts, folded totals, losses, open spans, origin,
//          categories, cost, metadata); the end, which a complete file has.
// Limits   A name, metadata text included, has any bytes, at most 1 MiB of them; a signature at most 65536 shapes
//          and dimensions. A chunk has at most 65536 rows and 64 MiB.
// Reading  Rows come in (begin, thread, sequence) order when those of every append() are, else as they were appended.
//          Of a file without its end (it grows, or its program was killed) all whole chunks are read; its metadata
//          says so (kUnfinished), its threads' accounts are those of the rows that are there.
// Errors   One line, `byte 1234: expected ..., found ...`. kMalformed; kUnsupported for a newer version and for what
//          takes more memory than it may; kIo when a stream fails. No length is trusted: memory is taken within the
//          limit only, and for stored bytes as they come.
// Law      read_rtt(write(t)) == t for every trace whose rows and end the writer accepts.
// Threads  One at a time per writer; the functions as const functions of their arguments.
// Cost     benchmarks/README.md. Beside the trace, reading holds one chunk, and 16 bytes for each row that it puts
//          elsewhere; writing holds the chunk it makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// Takes whole chunks, one per call, in order. What it returns other than success ends the writing.
using ByteSink = std::function<Status(std::span<const std::byte>)>;

struct RttOptions {
  bool compress = false;  // chunks that become smaller by it are compressed with zstd
};

// Rows as they come: append() them in order, then finish() once with what is known at the end, whose rows are not
// looked at. Each append may have tables of its own. What a batch says besides its rows, its total duration aside, is
// the state as of then and replaces the one before; it is written if it differs, before the batch's rows. One larger
// than 2,000 bytes is written only once as many bytes of rows were written since the last, or that one is 25 us old
// for each byte by the batches' origins and their later moments, or a 16th of that before rows of a thread it lacks.
//
// Errors   kUnsupported for a duration or cost that is not finite, a weight or one_in of 0, a thread index outside a
//          non-empty Trace::threads (rows': at the end), and for what is above the limits; else what the sink
//          returned. What was written before stays: whole chunks, and no end.
class RttWriter {
 public:
  explicit RttWriter(ByteSink out, RttOptions options = {});
  ~RttWriter();

  // Requires, as finish(): neither finish() nor an error came before.
  [[nodiscard]] Status append(const Trace& batch);
  [[nodiscard]] Status finish(const Trace& end);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct RttLimits {
  std::uint64_t max_memory =
      0;  // bytes, for the trace and what reading it needs; 0: a quarter of the machine's memory
};

[[nodiscard]] Result<Trace> read_rtt(std::istream& in, RttLimits limits = {});
[[nodiscard]] Result<Trace> read_rtt_file(const std::string& path, RttLimits limits = {});

// What is left of a file, and what is not. A chunk is kept whole or not at all, so no span is ever wrong.
struct RttSalvage {
  Trace trace;                       // open_spans, threads, ... as of the last whole state
  bool finished = false;             // the end was found
  std::uint64_t chunks_read = 0;     // kept
  std::uint64_t chunks_damaged = 0;  // their header is whole, what follows is not
  std::uint64_t chunks_missing = 0;  // known from gaps in the numbering only
  std::uint64_t spans_lost = 0;      // rows of the file's that are not in the trace
  bool spans_lost_is_exact = false;  // false: at least so many, for nobody knows how the file would have gone on
  std::uint64_t bytes_skipped = 0;   // that belong to no chunk kept
};

// Keeps every whole chunk, whatever lies between. Lost spans are in the trace's ledger (LossCause::kFileDamaged),
// between the times around the gaps, and in its folded totals as op "(lost)" of no duration, so that the trace's own
// accounts agree and analyses say that they are lower bounds. kMalformed when not a single chunk is whole. Time is in
// proportion to the file: where damaged chunks announce several times its bytes, those within one are not searched
// for whole chunks any more.
[[nodiscard]] Result<RttSalvage> recover_rtt(std::istream& in, RttLimits limits = {});
[[nodiscard]] Result<RttSalvage> recover_rtt_file(const std::string& path, RttLimits limits = {});

}  // namespace ringtail::inline v1
