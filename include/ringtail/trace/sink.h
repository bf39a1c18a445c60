// ringtail/trace/sink.h
//
// Where spans go as they are recorded: a function that gets them batch by batch, and one that gets the end.
//
//     SessionOptions options;                    // all spans to a file, in bounded memory: the native format,
//     options.sink = rtt_file("trace.rtt");      // see format/rtt_file.h;
//
//     std::ofstream file("trace.json");          // or one of one's own
//     JsonTraceWriter writer(file);
//     options.sink = Sink([&](const Trace& batch) { return writer.append(batch); },
//                         [&](const Trace& end) { return writer.finish(end); });
//     ...
//     const Status stopped = session.stop();     // says what the sink said
//
// Batch    The rows since the last one, ordered among themselves as in a trace; its tables of names and signatures;
//          its threads, folded totals, ledger, and the spans that are open, as of now. Ids are the same in all
//          batches of a run, and tables only grow. A span that ended later than another may have begun earlier, so a
//          batch may have rows that begin before the last batch's. A batch without rows tells of a change in the
//          rest, or once a second that the same spans are still open.
// End      Everything but the rows: what Session::take_trace gives. Its tables continue the batches' (they may have
//          names that no batch had).
// Requires The session is not destroyed inside its own sink.
// Threads  Called by the thread that drains: the collector's, or that which calls drain_once(), stop(), snapshot() or
//          take_trace(). A sink may name things (Session::op, device, shapes) and read the clock. What would wait for
//          itself there does nothing: start() and stop() return kInvalid; pause(), resume(), drain_once(),
//          snapshot(), take_trace() and sink_error() give empty results.
// Errors   A sink that returns an error or throws is not called again in this run. The rows it was called with and
//          all later ones are folded (cause: sink failed), recording goes on, and Session::stop() returns
//          what it said.
// Cost     While the sink works nobody drains: rings fill in ring_entries spans, and what finds them full is folded.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// Called with a trace.
template <class F>
concept TraceFunction = std::invocable<F&, const Trace&>;

struct Sink {
  using Function = std::function<Status(const Trace&)>;

  Sink() = default;  // none
  // From anything that is called with a trace and returns a Status or nothing.
  template <TraceFunction Append>
  Sink(Append rows) : append(returning_status(std::move(rows))) {}  // NOLINT(google-explicit-constructor)
  template <TraceFunction Append, TraceFunction Finish>
  Sink(Append rows, Finish end)
      : append(returning_status(std::move(rows))), finish(returning_status(std::move(end))) {}

  explicit operator bool() const noexcept { return append != nullptr; }

  Function append;
  Function finish;  // may be missing

 private:
  template <class F>
  static Function returning_status(F function) {
    if constexpr (std::same_as<std::invoke_result_t<F&, const Trace&>, Status>) {
      return Function(std::move(function));
    } else {
      return [function = std::move(function)](const Trace& trace) mutable -> Status {
        function(trace);
        return Done{};
      };
    }
  }
};

}  // namespace ringtail::inline v1
