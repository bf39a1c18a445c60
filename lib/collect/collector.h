// lib/collect/collector.h
//
// Empties lanes into the log of a run, keeps the account of every thread, and assembles the trace at the end.
//
// A run is what lies between a start and a stop. A lane's counters only grow, so the collector notes them
// when a run begins and works with differences; what a thread still pushed after the cut of the last run is
// dropped then.
//
// Threads  One at a time: the session holds its drain mutex around every call.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "collect/fold_book.h"
#include "collect/record_log.h"
#include "record/registry.h"
#include "ringtail/base/clock.h"
#include "ringtail/trace/trace.h"

namespace ringtail {

class Collector {
 public:
  Collector(Registry& registry, Clock clock, std::size_t max_spans);

  // Forgets the last run. Requires: recording is off; run is not 0 and not the last one's.
  void begin_run(std::uint16_t run);

  // Forgets the run that was begun: nothing was recorded in it.
  void abandon_run() { in_run_ = false; }

  // One pass over all lanes; retired ones are settled and freed. Returns the records moved; 0 outside a run.
  std::size_t drain();

  // The last pass: for every lane a cut at which attempted == drained + folded. Requires: recording is off.
  void end_run();

  // The run as a trace. Requires: the run has ended.
  [[nodiscard]] Trace assemble();

 private:
  // One lane's bookkeeping within the run.
  struct Account {
    ThreadId thread = kNoThread;      // of the current lease; kNoThread: not seen in this run
    std::uint64_t drained = 0;        // records of this run and lease
    std::uint64_t next_sequence = 0;  // count of the record after the last one drained
  };

  void take_lanes();
  static void open_account(const Lane& lane, Account& account);
  std::size_t drain(Lane& lane, Account& account);
  std::span<RingSlot> room();  // in the log; empty at its bound
  void enter(std::span<RingSlot> slots, Account& account, bool to_log);
  void add_pair(ClockPair pair);
  void settle(Lane& lane, Account& account);
  void note_open_spans(const Lane& lane);
  void add_rows(const ClockMap& clock, Trace& trace) const;
  TraceThread& counts_of(ThreadId thread);

  Registry& registry_;
  const Clock clock_;
  const std::size_t max_spans_;

  std::vector<Lane*> lanes_;        // the registry's, in its order
  std::vector<Account> accounts_;   // by lane
  std::vector<RingSlot> overflow_;  // where records go that the log has no room for

  std::uint16_t run_ = 0;
  bool in_run_ = false;
  RecordLog log_;
  std::size_t log_bound_ = 0;                  // spans; max_spans_, or less where memory ran out
  std::map<std::size_t, std::uint64_t> gaps_;  // log position -> spans folded just before it
  FoldBook folds_;
  std::vector<TraceThread> counts_;   // by thread; accounts only
  std::vector<OpenSpan> open_spans_;  // begin: ticks
  std::vector<ClockPair> pairs_;      // at least one while a run is on
  Nanoseconds pair_interval_{0};
  Nanoseconds wall_at_start_{0};
};

}  // namespace ringtail
