// ringtail/collect/sink.h
//
// Where a session's spans go: into memory until the trace is taken (the first ones, or a flight recorder's latest),
// or to a function as they come.
//
//     SessionOptions options;
//     options.keep = Keep::kLatest;              // a flight recorder: the last million spans,
//     options.max_spans = 1'000'000;
//     options.window = std::chrono::seconds{30}; // and none older than half a minute;
//     ...                                        // session.snapshot() shows them, session.take_trace() ends it
//
//     std::ofstream file("trace.json");          // or all of them, to a file, in bounded memory
//     JsonTraceWriter writer(file);
//     SessionOptions options;
//     options.sink = [&](const Trace& batch) {
//       const Status written = writer.append(batch);
//       if (!written.ok()) throw std::runtime_error(written.error().message);
//     };
//     ...
//     const Trace end = session.take_trace();
//     if (session.sink_error().empty()) writer.finish(end);   // a Status as well
//
// A batch has the rows since the last call, ordered among themselves as in a trace; its tables of names and
// signatures; its threads, with names and no accounts; its origin. Ids are the same in all batches of a run, and
// tables only grow. A span that ended later than another may have begun earlier, so a batch may have rows that begin
// before the last batch's. take_trace() then gives everything but the rows: accounts, folded totals, the ledger,
// spans still open. Its tables continue the batches' (they may have names that no batch had).
//
// Threads  The sink is called by the thread that drains: the collector's, or that which calls drain_once(), stop(),
//          snapshot() or take_trace(). It may name things (Session::op, device, shapes) and read the clock; any other
//          member of its session would wait for itself.
// Errors   A sink that throws is not called again in this run. The rows it was called with and all later ones are
//          folded (cause: sink failed), recording goes on, and Session::sink_error() says what was thrown.
// Cost     While the sink works nobody drains: rings fill in ring_entries spans, and what finds them full is folded.
#pragma once

#include <cstdint>
#include <functional>

#include "ringtail/trace/trace.h"

namespace ringtail {

// Which spans stay when max_spans is reached: those that are there, or the latest.
enum class Keep : std::uint8_t { kFirst, kLatest };

using Sink = std::function<void(const Trace& batch)>;

}  // namespace ringtail
