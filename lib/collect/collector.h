// lib/collect/collector.h
//
// Empties lanes into the log of a run, keeps the account of every thread, and makes traces of it: at the end, of what
// is there now (snapshot), or batch by batch for a sink.
//
// A run is what lies between a start and a stop. Counters and records carry its number (InRun); what a thread still
// pushed after the cut of the last run is dropped.
//
// Threads  One at a time: the session holds its drain mutex around every call. A Harvest is its owner's.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "collect/delivery.h"
#include "collect/fold_book.h"
#include "collect/harvest.h"
#include "collect/lane_account.h"
#include "collect/row_log.h"
#include "record/registry.h"
#include "ringtail/base/clock.h"
#include "ringtail/trace/sink.h"
#include "ringtail/trace/trace.h"

namespace ringtail {

class Collector {
 public:
  struct Options {
    std::size_t max_spans = 0;
    bool latest = false;  // keep the latest, not the first
    Nanoseconds window{0};
    Sink sink = {};
    Nanoseconds flush_interval{0};
  };
  Collector(Registry& registry, Clock clock, Options options);

  // Forgets the last run. Requires: recording is off; run is not 0 and not the last one's.
  void begin_run(std::uint16_t run);

  // Forgets the run that was begun: nothing was recorded in it.
  void abandon_run() { in_run_ = false; }

  struct Pass {
    std::size_t moved = 0;
    double fullest = 0.0;  // the largest share of its ring that a lane gave: 1 for a whole one
  };
  // One pass over all lanes; retired ones are settled and freed. Does nothing outside a run.
  Pass drain();

  // The last pass: for every lane a cut at which attempted == drained + folded. Requires: recording is off.
  void end_run();

  // The run, which has ended.
  [[nodiscard]] Harvest harvest();
  // The run so far, with a cut for every lane; it goes on.
  [[nodiscard]] Harvest snapshot();
  // Tells the sink the end of the run: what take_trace() will give.
  void finish(const Trace& end) noexcept { delivery_.finish(end); }
  // The end cannot be told.
  void fail(const char* why) noexcept { delivery_.fail(why); }
  // What harvest() gave, when it was assembled: its memory serves the next run.
  void give_back(Harvest&& harvest) noexcept { log_.give_back(std::move(harvest.segments)); }

  // What the sink said in this run; empty if nothing.
  [[nodiscard]] const std::string& sink_error() const noexcept { return delivery_.error(); }

 private:
  void take_lanes();
  std::size_t drain(Lane& lane, LaneAccount& account, Writer& writer);
  void add_pair(ClockPair pair);
  void add_statistics(const Lane& lane, TraceThread& counts) const;
  std::uint64_t add_nested(const Lane& lane, ThreadId thread, FoldBook& folds) const;
  void settle(Lane& lane, LaneAccount& account, Writer& writer);
  void cut(Lane& lane, LaneAccount& account, Writer& writer, std::chrono::nanoseconds most, Harvest& harvest);
  [[nodiscard]] Harvest cut_all(std::chrono::nanoseconds most);
  static void note_open_spans(const Lane& lane, std::vector<OpenSpan>& open_spans);
  void leave(const Segment& segment, LossCause cause);
  void flush();
  TraceThread& counts_of(ThreadId thread);

  Registry& registry_;
  const Clock clock_;
  const Options options_;

  std::vector<Lane*> lanes_;           // the registry's, in its order
  std::vector<LaneAccount> accounts_;  // by lane
  std::deque<Writer> writers_;         // by lane; a deque: the log points at them

  std::uint16_t run_ = 0;
  bool in_run_ = false;
  RowLog log_;
  FoldBook folds_;
  std::vector<TraceThread> counts_;   // by thread; accounts only
  std::vector<OpenSpan> open_spans_;  // begin: ticks
  std::vector<ClockPair> pairs_;      // at least one while a run is on
  Nanoseconds pair_interval_{0};
  Nanoseconds now_{0};  // of this pass, CLOCK_MONOTONIC
  Nanoseconds wall_at_start_{0};

  Delivery delivery_;
  Nanoseconds last_flush_{0};
};

}  // namespace ringtail
