// lib/collect/collector.h
//
// Empties lanes into the log of a run, keeps the account of every thread, and makes traces of it: at the end, of what
// is there now (snapshot), or batch by batch for a sink.
//
// A run is what lies between a start and a stop. Counters and records carry its number (InRun); what a thread still
// pushed after the cut of the last run is dropped.
//
// Errors   Whatever happens between a start and a stop survives without memory: rows that find none are folded, and
//          what counts them was allocated when their thread leased its lane (record/account.h), or when the run
//          began. What throws std::bad_alloc (begin_run, harvest, snapshot) has changed nothing that was collected.
// Threads  One at a time: the session holds its drain mutex around every call. A Harvest is its owner's.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "collect/delivery.h"
#include "collect/fold_book.h"
#include "collect/harvest.h"
#include "collect/lane_account.h"
#include "collect/row_log.h"
#include "collect/trigger_watch.h"
#include "record/registry.h"
#include "ringtail/base/clock.h"
#include "ringtail/trace/sink.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

class Collector {
 public:
  struct Options {
    std::size_t max_spans = 0;
    bool latest = false;  // keep the latest, not the first
    Nanoseconds window{0};
    Sink sink = {};
    Nanoseconds flush_interval{0};
    const Triggers* triggers = nullptr;  // null: nothing is watched
    TriggerSlot* slot = nullptr;         // where it is said what was seen
  };
  Collector(Registry& registry, Clock clock, Options options);

  // Forgets the last run and begins the next; gives its number: not 0, and nothing was counted under it. Throws
  // std::bad_alloc. Requires: recording is off.
  std::uint16_t begin_run();

  // Forgets the run that was begun: nothing was recorded in it.
  void abandon_run() { in_run_ = false; }

  struct Pass {
    std::size_t moved = 0;
    double fullest = 0.0;  // the largest share of its ring that a lane gave at once: 1 for a whole one
  };
  // One pass over all lanes; retired ones are settled and freed. Does nothing outside a run. kNo: the sink
  // is not called.
  enum class Flushes : std::uint8_t { kYes, kNo };
  Pass drain(Flushes flushes = Flushes::kYes) noexcept;

  // The last pass: for every lane a cut at which attempted == drained + folded. Requires: recording is off.
  void end_run() noexcept;

  // The run, which has ended. Throws std::bad_alloc.
  [[nodiscard]] Harvest harvest() const;
  // The run so far, with a cut for every lane; it goes on. Throws std::bad_alloc.
  [[nodiscard]] Harvest snapshot();
  // Tells the sink the end of the run: what take_trace() will give.
  void finish(const Trace& end) noexcept { delivery_.finish(end); }
  // The end cannot be told.
  void fail(const char* why) noexcept { delivery_.fail(why); }
  // A trace was made of what harvest() gave: the memory of the rows serves the next run.
  void forget_rows() noexcept { log_.clear(); }

  // What the sink said in this run; empty if nothing.
  [[nodiscard]] const std::string& sink_error() const noexcept { return delivery_.error(); }

 private:
  // One lane's bookkeeping within the run.
  struct Book {
    Lane* lane = nullptr;
    LaneAccount account;
    ThreadAccount* counts = nullptr;  // of the thread that has the lane; null: not seen in this run
    Writer writer;
    TriggerWatch::Steps steps;
  };

  void take_lanes() noexcept;
  void open(Book& book) noexcept;
  static void close(Book& book) noexcept;
  void drain(Book& book) noexcept;
  void add_pair(ClockPair pair) noexcept;
  void add_statistics(const Lane& lane, ThreadAccount& account) const noexcept;
  [[nodiscard]] bool is_open(DeviceId device) const noexcept;
  using Deadline = std::chrono::steady_clock::time_point;
  void settle(Book& book, Deadline give_up) noexcept;
  void end(Book& book, Deadline give_up) noexcept;
  void add_nested(const Lane& lane, ThreadId thread, ThreadAccount& account, FoldBook& folds) noexcept;
  void cut(Book& book, Nanoseconds most, Harvest& harvest);
  [[nodiscard]] Harvest cut_all(Nanoseconds most);
  static void note_open_spans(const Lane& lane, std::vector<OpenSpan>& open_spans);
  void leave(const Segment& segment, LossCause cause) noexcept;
  [[nodiscard]] bool batch_is_full() const noexcept { return delivery_.wanted() && log_.spans() >= most_in_batch_; }
  bool deliver(Harvest& harvest) noexcept;
  void flush() noexcept;
  [[nodiscard]] std::size_t own_bytes() const noexcept;
  [[nodiscard]] std::size_t most_totals() const noexcept;
  [[nodiscard]] Harvest batch(Nanoseconds most);

  Registry& registry_;
  const Clock clock_;
  const Options options_;

  // By lane. A deque: the log points at writers. A lane for which there was no memory is not drained until there is
  // some, or the run ends; its thread folds meanwhile.
  std::deque<Book> books_;

  std::uint16_t run_ = 0;
  bool in_run_ = false;
  Pass pass_;                          // so far
  std::size_t threads_ = 0;            // that there were when the run ended
  const std::uint64_t most_in_batch_;  // spans
  std::size_t own_bytes_ = 0;          // taken from the session's memory
  RowLog log_;
  FoldBook folds_;
  std::optional<TriggerWatch> watch_;
  std::vector<FoldTable::Total> totals_;  // of the lane that is looked at
  std::vector<OpenSpan> open_spans_;      // begin: ticks
  std::uint64_t open_unlisted_ = 0;
  std::uint64_t uncounted_ = 0;   // of lanes that were settled: see Harvest
  std::vector<ClockPair> pairs_;  // at least one while a run is on; has room for as many as it may have
  Nanoseconds pair_interval_{0};
  Nanoseconds now_{0};  // of this pass, CLOCK_MONOTONIC
  Nanoseconds wall_at_start_{0};
  WallClockPair at_end_;

  std::vector<ThreadAccount> accounts_;  // memory for the next flush
  std::vector<ThreadAccount> settled_;   // likewise

  Delivery delivery_;
  Nanoseconds last_flush_{0};
  Nanoseconds flush_pause_{0};  // at least, until the next one
};

}  // namespace ringtail::inline v1
