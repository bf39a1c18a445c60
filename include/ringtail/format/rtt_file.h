// ringtail/format/rtt_file.h
//
// A sink that writes the native format (rtt.h) to a file while the program runs.
//
//     SessionOptions options;
//     options.sink = rtt_file("trace.rtt");
//     Session session(options);
//     ...
//     const Status stopped = session.stop();  // says why the file could not be written
//
// Names    trace.rtt.part while it grows, trace.rtt once it is whole: `ringtail recover` reads what a killed program
//          left of the former. A session that is started again writes trace.2.rtt, then trace.3.rtt; in a forked
//          child the inherited file is let go untouched and trace.PID.rtt is begun, then trace.PID.2.rtt. A relative
//          path is taken from the working directory at the time of the call. The file appears with the first batch.
// Access   Nothing that is there is written to: both names must be new, or regular files if `replace`, which is
//          looked at when the file is begun and when it gets its name. A final link is never followed. While it grows
//          the file is locked (flock), so `replace` leaves alone what a living process writes; a forked child that
//          keeps the descriptor counts as one.
// Delay    A session's default flush_interval has a span in the file, and so safe from kill -9, within 55 ms of its
//          end (50 ms, and the longest poll) and the time of one write; with any longest_poll_interval within twice
//          the flush_interval. `sync` is for power failures.
// Errors   kIo, once: "trace.rtt.part: expected to write 8192 bytes at 40960, found: No space left on device, 1.203 s
//          after it was created". Interrupted and short writes go on; after anything else the file ends behind the
//          last whole batch, readable, keeps its .part name (if it has a batch), and is closed. What it has and what
//          the session's ledger counts as "sink failed" add up. No signal reaches the program: SIGPIPE and SIGXFSZ
//          are blocked for the writing thread during a write. A program that closes descriptors that are not its own
//          gets an error here; before each write the descriptor is looked at, so what it opens instead is not written
//          to (another thread that does both within the microseconds between look and write is not noticed).
// Threads  As a Sink: one call at a time. Copies of the sink share the file.
// Cost     Six system calls per chunk and one per batch; one descriptor, at least 3, closed on exec;
//          memory as RttWriter.
#pragma once

#include <string>

#include "ringtail/trace/sink.h"

namespace ringtail::inline v1 {

struct RttFileOptions {
  bool compress = false;  // chunks, with zstd
  // Regular files of either name may be replaced: the last trace, and what a killed program left of one. False: they
  // are errors.
  bool replace = false;
  // The end of the trace is on the disk, not in the kernel's memory, before the file gets its name. It takes as long
  // as the disk does, and stop() with it.
  bool sync = false;
  unsigned mode = 0600;  // permissions; the umask narrows them
};

[[nodiscard]] Sink rtt_file(const std::string& path, RttFileOptions options = {});

}  // namespace ringtail::inline v1
