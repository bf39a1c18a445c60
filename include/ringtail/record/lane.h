// ringtail/record/lane.h
//
// Everything that one recording thread writes: its ring, its folded totals, its open spans, its counters and caches.
// Leased to one Recorder at a time and used again after its last drain; users meet it only through Recorder and Scope.
//
//     free ─(thread, at lease)▶ live ─(thread, at release)▶ retired ─(collector, after one more drain)▶ free
//
// Threads  begin_span, end_span, close: the producer, that is the thread that leased the lane. Everything else: the
//          collector. Whatever the producer wrote before a record is visible to the collector that drains it.
// Cost     close with room in the ring: one line copied, one relaxed and one release store.
//
// Ordering, by pair (the ring's own pairs are boost's):
//   L1 -> L2   owner releases `state` kRetired, collector acquires it *before* its last drain: no record of the owner
//              comes after that drain.
//   L3 -> L4   collector releases `state` kFree after resetting the lane, the next owner acquires it: it finds the lane
//              empty.
//   L5 -> L6   producer releases `open_depth` after the entry of the open span, the collector acquires it: entries below
//              it are whole, though a producer still running may be replacing them.
//
// Attempts carry the number of their run (InRun), read from `run` before the attempt is counted. So whatever a thread
// that was interrupted inside close() still does after its session was started again is of the old run, and nobody's.
#pragma once

#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>

#include "ringtail/base/clock.h"
#include "ringtail/record/fold_table.h"
#include "ringtail/record/name_cache.h"
#include "ringtail/record/record.h"
#include "ringtail/record/shape_cache.h"

namespace ringtail {

enum class LaneState : std::uint8_t { kFree, kLive, kRetired };

struct Lane {
  static constexpr std::size_t kOpenSpansKept = 32;  // deeper spans are recorded, but not shown while open

  // ring_entries: usable slots; 0 makes a lane whose spans are all folded. The ring's pages are touched here.
  Lane(Registry& registry, Clock clock, std::size_t ring_entries, std::size_t fold_cells);

  // --- producer ---

  // Notes the open span and gives its depth.
  std::uint32_t begin_span(OpId op, DeviceId device, Ticks begin) noexcept {
    const std::uint32_t depth = open_depth.load(std::memory_order_relaxed);  // own counter
    if (depth < kOpenSpansKept) {
      Open& entry = open[depth];
      entry.what.store((std::uint64_t{index_of(op)} << 32U) | index_of(device),
                       std::memory_order_relaxed);                // published by L5
      entry.begin.store(begin.value, std::memory_order_relaxed);  // published by L5
    }
    open_depth.store(depth + 1, std::memory_order_release);  // L5 -> L6
    return depth;
  }

  // Ends the span that was given `depth`, and those inside it that were left behind; their own end changes nothing then.
  void end_span(std::uint32_t depth) noexcept {
    if (depth < open_depth.load(std::memory_order_relaxed)) {  // own counter
      open_depth.store(depth, std::memory_order_relaxed);      // nothing is published by closing
    }
  }

  // Pushes the record, or folds it when the ring is full. Its step and sequence are filled in here; an end before the
  // begin is moved to it and counted.
  void close(Record& record) noexcept {
    const std::uint16_t now =
        run.load(std::memory_order_relaxed);  // an old one makes the attempt nobody's: see above
    if (record.end < record.begin) [[unlikely]] {
      record.end = record.begin;
      count(clock_steps, now);
    }
    record.step = step;
    record.sequence = count(attempted, now);
    const RingSlot slot = pack(record);
    if (!ring.push(slot)) [[unlikely]]
      fold(slot);
  }

  // Counts one in this run; returns the word before. The collector looks again until all counts add up.
  static std::uint64_t count(std::atomic<std::uint64_t>& counter, std::uint16_t now) noexcept {
    std::uint64_t word = counter.load(std::memory_order_relaxed);  // own counter
    if (InRun::run_of(word) != now) [[unlikely]]
      word = InRun::first(now);
    counter.store(word + 1, std::memory_order_relaxed);  // read by the collector until it adds up
    return word;
  }

  // Empties everything of the last lease but the caches.
  // Requires: no producer and no collector has the lane.
  void reset();

  // Adds the record to the exact totals instead.
  void fold(const RingSlot& slot) noexcept;

  // --- read-mostly: written at lease and when the session starts, stops or pauses ---
  alignas(kCacheLineBytes) std::atomic<bool> recording{false};
  std::atomic<std::uint16_t> run{0};  // of the session; 0 before its first start
  Clock clock;
  ThreadId thread = kNoThread;  // written before `state` kLive is released
  Registry& registry;
  const std::size_t ring_entries;  // 0: without a ring

  // --- producer's line ---
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> attempted{0};  // InRun, as shapes_dropped and clock_steps
  std::uint64_t step = 0;
  std::atomic<std::uint32_t> open_depth{0};
  std::atomic<std::uint64_t> shapes_dropped{0};  // among folded spans; the collector counts the others
  std::atomic<std::uint64_t> clock_steps{0};

  struct Open {
    std::atomic<std::uint64_t> what{0};  // op << 32 | device
    std::atomic<std::uint64_t> begin{0};
  };
  std::array<Open, kOpenSpansKept> open;

  ShapeCache shapes;
  NameCache op_names;
  NameCache device_names;
  FoldTable folds;
  boost::lockfree::spsc_queue<RingSlot> ring;

  // --- both, by the state machine above ---
  alignas(kCacheLineBytes) std::atomic<LaneState> state{LaneState::kFree};
};

}  // namespace ringtail
