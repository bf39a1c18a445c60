// ringtail/collect/session.h
//
// A tracing session: owns the lanes that threads record into and the collector thread that empties them, and ends in
// a Trace.
//
//     Session session;
//     const OpId matmul = session.op("matmul");
//     const DeviceId gpu0 = session.device("gpu:0");
//     if (const Status started = session.start(); !started.ok()) ...
//     std::thread worker([&] {
//       Recorder recorder = session.recorder("worker 0");
//       const Scope scope(recorder, matmul, gpu0, {{2, 3}, {3, 4}}, {2, 4});
//       ...
//     });
//     worker.join();
//     const Trace trace = session.take_trace();
//
// Shape    Any number of sessions may exist and record at once; they share nothing. A session may be started again:
//          each start begins a new trace, and recorders that are still held go on in it.
// Cost     start() takes about half a millisecond to calibrate what a span costs (Trace::cost).
// Errors   start() returns why there is no collector thread, or that there is no memory. Recording goes on without
//          any: what finds no room is folded, or counted. The constructor, take_trace(), snapshot(), shapes(),
//          category(), set_metadata() and sink_error() throw std::bad_alloc; nothing is lost then, and they can
//          be called again.
// Threads  All members: any thread. Recorders and scopes outlive the session safely: they record nothing then. The
//          reference that this_thread() gives is valid while the session lives. The session's own threads block all
//          signals but those of faults, so no handler of the program runs there; what a sink starts from them (a
//          thread, a program) inherits that.
// Order    The trace is ordered by (begin, thread, sequence of the thread); equal input gives equal output.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ringtail/base/clock.h"
#include "ringtail/base/ids.h"
#include "ringtail/base/result.h"
#include "ringtail/collect/flight_recorder.h"
#include "ringtail/record/category.h"
#include "ringtail/record/memory_use.h"
#include "ringtail/record/recorder.h"
#include "ringtail/record/shape_view.h"
#include "ringtail/trace/sink.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// Which spans stay when max_spans is reached: those that are there, or the latest.
enum class Keep : std::uint8_t { kFirst, kLatest };

// Values out of range are moved to its nearer end.
struct SessionOptions {
  // Spans that a thread can be ahead of the collector, 64 bytes each: 0 (only totals are kept) to 2^26.
  std::size_t ring_entries = 16'384;
  // Threads with a ring at once. More threads only count.
  std::size_t max_rings = 256;
  // (op, device) pairs that a thread keeps exact totals of when its ring is full: 8 to 2^20, rounded up to 2^k.
  std::size_t fold_cells = 1'024;
  // Spans on the timeline; more are folded. 16 bytes each until the trace is taken, and 32 per distinct span (op,
  // device, shapes, depth, bytes, step) of some thousand. At most 2^32 - 1. Without meaning for a sink, which gets
  // them all.
  std::size_t max_spans = 32'000'000;
  // Which ones stay then: the first, or the latest (a flight recorder). The latest leave by sixteenths of max_spans.
  Keep keep = Keep::kFirst;
  // Spans older than this are folded, by sixteenths of it; 0: none is too old.
  std::chrono::nanoseconds window{0};
  // Gets the spans instead of the trace, at least this often while the rings are drained; see trace/sink.h.
  Sink sink = {};
  std::chrono::milliseconds flush_interval{50};
  // Names: 1 to 2^28 - 1, and 16 MiB. More share "(other)". Names of ops, devices and threads are cut to 4,096 bytes.
  std::uint32_t max_ops = 65'536;
  std::uint32_t max_devices = 4'096;
  // Signatures of shapes: at most 2^28 - 1. More are dropped from their spans, and counted; so are those of more than
  // some 4,000 dimensions and shapes.
  std::uint32_t max_signatures = 65'536;
  // Threads in the list of threads: 1 to 2^28 - 1, their names 16 MiB. More share "(more threads)".
  std::uint32_t max_threads = 65'536;
  // How long a recording call may wait for room when its ring is full, before it folds the span. 0: not at all. The
  // time waited is counted per thread (TraceThread::blocked).
  std::chrono::microseconds max_block{0};
  // The share of any recording thread's time that recording may take, in (0, 1], by the costs that are calibrated
  // when the session starts: what exceeds it is sampled (CategoryRule::one_in, for the categories that are governed).
  // 0: no bound.
  double budget = 0.0;
  // How often the collector looks at the rings while they fill: at least 1 us.
  std::chrono::microseconds poll_interval{100};
  // And at longest. In between it looks at twice the rate at which the fastest ring was seen to fill. After a second
  // in which nothing came it goes to the longest: a thread that then begins flat out fills the default ring in 330
  // us, and what it records until the collector looks is folded. poll_interval here means: never slower.
  std::chrono::microseconds longest_poll_interval{5'000};
  // When to hand a snapshot to a function; see flight_recorder.h.
  Triggers triggers = {};
  // Bytes that the session holds at most, all of it: rings, totals, names, spans, a sink's batches; not the traces
  // that it makes. What finds no room is folded, shared or dropped as past the other bounds, each counted. 0: room
  // for max_rings rings with their totals, 24 bytes for each of max_spans, and 256 MiB. At least about a megabyte,
  // and with a sink 350 bytes more for each of ring_entries: start() fails with less.
  std::size_t max_memory = 0;
  // False: only drain_once(), stop() and take_trace() empty the rings.
  bool collector_thread = true;
  // Default: Clock::best().
  std::optional<Clock> clock = std::nullopt;
};

class Session {
 public:
  explicit Session(const SessionOptions& options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Begins a trace; what an earlier one still held is forgotten. Does nothing while recording.
  Status start();

  // Ends recording, collects what is in the rings, and finishes the sink. Spans still open are listed in the trace.
  // Returns within about a second, the sink's own time aside, even if a recording thread is stopped in the middle of
  // a call: of what that one folded the totals may then be out of reach, as in a snapshot. The error is the sink's
  // (kIo); called again, or while not recording, it says the same until the next start. From the session's own sink
  // or on_trigger: kInvalid, and recording goes on.
  Status stop();

  // In a child that fork() made: a new beginning, with the ids, categories and rules of before; then as start().
  // Until then a child records nothing and leaves its parent's spans alone: members do nothing and give empty
  // results, and what was leased before the fork stays silent for good. A sink is the options', so see what it does
  // with a second process (rtt_file opens a file of its own). kInvalid when this is no child; kIo, for good, when at
  // the fork another thread was about to change names, rules or metadata, or had been forking for a tenth of a
  // second; kNoMemory; or as start(). Then nothing has begun, and it can be called again.
  Status restart_in_child();

  // Switches recording off and on inside one trace. Spans that begin while it is off are not recorded and not
  // counted.
  void pause();
  void resume();

  [[nodiscard]] bool recording() const;

  // Ids in this session; names are copied. The same name in two categories is the same op, counted together. The id
  // of an op carries its category: to look it up in a trace, use without_category(). Ops named by strings at a call
  // site are of kOp.
  [[nodiscard]] OpId op(std::string_view name, Category category = Category::kOp);
  [[nodiscard]] DeviceId device(std::string_view name);
  [[nodiscard]] InternedShapes shapes(ShapeViews inputs, ShapeView output,
                                      std::uint32_t element_bytes = kDefaultElementBytes);

  // The category of that name ("op", "comm", "memory", "host", or one of the caller's), new if it was not there;
  // nothing when all kMostCategories are taken.
  [[nodiscard]] std::optional<Category> category(std::string_view name);

  // What is recorded of a category from now on. At any time; calls that are under way may still go by the old rule.
  void set_rule(Category category, const CategoryRule& rule);
  [[nodiscard]] CategoryRule rule(Category category) const;

  // A lane for the calling thread, named in the trace. Without memory for one, a recorder that records nothing; the
  // trace's metadata then has "ringtail.recorders_without_memory".
  [[nodiscard]] Recorder recorder(std::string_view thread_name);

  // The calling thread's recorder, leased at its first call and given back when the thread ends, after its
  // thread_local objects; the main thread's is kept while the process lives. In a signal handler: only in a thread
  // that called it before. Without memory for it, or once it was given back, a recorder that records nothing, counted
  // as above.
  [[nodiscard]] Recorder& this_thread();

  // The session's clock.
  [[nodiscard]] Ticks now() const noexcept;

  // Kept in the trace; set again, the last value counts.
  void set_metadata(std::string key, std::string value);

  // One pass over all rings, by the calling thread. Returns the number of records moved.
  std::size_t drain_once();

  // Stops if needed, and gives the trace away; an empty one when there is none.
  [[nodiscard]] Trace take_trace();

  // What is in memory now, as a trace, while recording goes on: for every thread a cut at which
  // attempted == recorded + folded. Draining waits only until the rows are noted, not until the trace is made. Of a
  // thread that folds without a break the totals may be out of reach: spans that are counted but in no total are in
  // the metadata "ringtail.folded_without_totals". An empty trace while the session does not run.
  [[nodiscard]] Trace snapshot();

  // Asks for a snapshot to be handed to Triggers::on_trigger; the first 128 bytes of the reason are kept. At any
  // time, from any thread, and from signal handlers: neither waits nor allocates. Without on_trigger, or while the
  // session does not run, it does nothing.
  void trigger(std::string_view reason) noexcept;

  // What the session holds now. At any time, for monitors: reads four counters.
  [[nodiscard]] MemoryUse memory() const noexcept;

  // What the sink said since the last start; empty if nothing.
  [[nodiscard]] std::string sink_error() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ringtail::inline v1
