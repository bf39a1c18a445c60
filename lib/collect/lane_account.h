// lib/collect/lane_account.h
//
// What the collector knows of one lane within a run and a lease, and how it looks at one: the collector's side of the
// lanes' state machine (record/lane.h), and the cut that makes attempted == drained + folded.
//
// Threads  The collector's.
//
// A cut is a number of attempts, all those up to it being either drained or folded. What was folded is read first,
// the ring drained after, and then there is one if the gaps between the drained records are no more than
// what was folded.
//   All folds before the last record that was drained are among those read: there are no more than that.
//   All pushes before the last fold that was read were drained: the fold came before the read, and that before the
//   draining (F1 -> F2).
// So each is complete up to the last of the other. The other way round, a thread may push an attempt after the
// draining and fold the next one before the reading: the sum is right, the set is not.
#pragma once

#include <atomic>
#include <cstdint>

#include "ringtail/base/ids.h"
#include "ringtail/record/lane.h"
#include "ringtail/record/record.h"

namespace ringtail::inline v1 {

struct LaneAccount {
  ThreadId thread = kNoThread;      // of the current lease; kNoThread: not seen in this run
  std::uint64_t drained = 0;        // records of this run and lease
  std::uint64_t next_sequence = 0;  // InRun word of the record after the last one drained

  // Empties the ring: take(slot, folded_before) gets each record of the run. What is in the ring when it is called: a
  // producer flat out does not keep the collector from the others. Gives how many left the ring, of whatever run.
  template <class Lane, class Take>
  std::size_t drain(Lane& lane, std::uint16_t run, const Take& take) {
    std::uint64_t next = next_sequence;
    std::uint64_t taken = 0;
    const std::size_t moved = lane.ring.consume_all([&](const RingSlot& slot) {
      const std::uint64_t sequence = slot.sequence;
      std::uint64_t folded_before = 0;
      if (sequence != next) [[unlikely]] {
        if (InRun::run_of(sequence) != run) return;  // pushed after the cut of the last run
        folded_before = sequence - next;
      }
      next = sequence + 1;
      ++taken;
      take(slot, folded_before);
    });
    next_sequence = next;
    drained += taken;
    return moved;
  }

  // One visit of the lane: drain() empties its ring into this account; when it was retired settle() is told so after
  // that, and then it is free.
  template <class Lane, class Drain, class Settle>
  void visit(Lane& lane, std::uint16_t run, const Drain& drain, const Settle& settle) {
    const LaneState state = lane.look();  // L2 <- L1: before the last drain
    if (state == LaneState::kFree) return;
    open(lane, run);
    drain();
    if (state != LaneState::kRetired) return;
    settle();
    *this = {};
    lane.make_free();
  }

  // Requires: the lane was found not free since.
  template <class Lane>
  void open(const Lane& lane, std::uint16_t run) {
    if (thread == kNoThread) *this = {.thread = lane.thread, .next_sequence = InRun::first(run)};
  }

  struct Cut {
    bool whole = false;           // the totals are those of one moment; else the thread never ceased to fold
    std::uint64_t folded = 0;     // by the totals
    std::uint64_t gaps = 0;       // between drained records
    std::uint64_t attempted = 0;  // at some moment before
    [[nodiscard]] bool holds() const { return whole && gaps <= folded; }
  };
  // drain() empties its ring into this account. The totals replace those of the vector, none where they
  // are not whole.
  template <class Lane, class Totals, class Drain>
  [[nodiscard]] Cut cut(const Lane& lane, std::uint16_t run, Totals& totals, const Drain& drain) {
    Cut cut;
    // Relaxed: who waits until drained + folded is this, waits for a call that is under way; an old count
    // is only less.
    cut.attempted = InRun::count_of(lane.attempted.load(std::memory_order_relaxed), run);
    cut.whole = lane.folds.read(run, totals);
    if (!cut.whole) totals.clear();
    drain();
    cut.gaps = next_sequence - InRun::first(run) - drained;
    for (const auto& total : totals) cut.folded += total.count;
    return cut;
  }
};

}  // namespace ringtail::inline v1
