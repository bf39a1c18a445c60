// ringtail/record/lane.h
//
// Everything that one recording thread writes: its ring, its folded totals, its open spans, its counters and caches.
// Leased to one Recorder at a time and used again after its last drain; users meet it only through Recorder and
// Scope.
//
//     free ─(thread, at lease)▶ live ─(thread, at release)▶ retired ─(collector, after one more drain)▶ free
//
// Threads  begin_span, end_span, sample, close: the producer, that is the thread that leased the lane. Everything
//          else: the collector. Whatever the producer wrote before a record is visible to the collector
//          that drains it.
// Cost     close with room in the ring: one line copied, one relaxed and one release store.
//
// Ordering, by pair (the ring's own pairs are boost's):
//   L1 -> L2   owner releases `state` kRetired, collector acquires it *before* its last drain: no record of the owner
//              comes after that drain.
//   L3 -> L4   collector releases `state` kFree after resetting the lane, the next owner acquires it: it finds the
//              lane empty.
//   L7 -> L2   owner releases `state` kLive after `thread`, the collector acquires it: records are the new owner's.
//   L5 -> L6   producer releases `open_depth` after the entry of the open span, the collector acquires it: entries
//              below it are whole, though a producer still running may be replacing them.
//
// Within one thread, against its own signal handlers:
//   B1         `busy` is set before close() or sample() changes anything of the lane, and cleared after. A handler
//              that finds it set has interrupted such a change, and leaves all that alone (see nested.h). The open
//              spans are outside: a handler may overwrite the entry that begin_span was about to write, and end_span
//              is one store.
//
// Attempts carry the number of their run (InRun), read from the switches before the attempt is counted. So whatever a
// thread that was interrupted inside close() still does after its session was started again is of the old run, and
// nobody's.
#pragma once

#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>

#include "ringtail/base/clock.h"
#include "ringtail/record/category.h"
#include "ringtail/record/fold_table.h"
#include "ringtail/record/name_cache.h"
#include "ringtail/record/nested.h"
#include "ringtail/record/record.h"
#include "ringtail/record/shape_cache.h"
#include "ringtail/record/std_atomics.h"

namespace ringtail::inline v1 {

enum class LaneState : std::uint8_t { kFree, kLive, kRetired };

// What a lane's producer and the collector share, and all that recording does with it.
template <class Atomics, class Ring>
struct BasicLane {
  template <class T>
  using Atomic = typename Atomics::template Atomic<T>;
  template <class T>
  using Plain = typename Atomics::template Plain<T>;
  using Folds = BasicFoldTable<Atomics>;

  static constexpr std::size_t kOpenSpansKept = 32;  // deeper spans are recorded, but not shown while open

  // entries: usable slots; 0 makes a lane whose spans are all folded. seed: not 0.
  BasicLane(Registry& owner, Clock session_clock, std::size_t entries, std::size_t fold_cells, std::uint64_t seed)
      : clock(session_clock),
        registry(owner),
        ring_entries(entries),
        random(seed),
        folds(fold_cells),
        ring(entries) {}

  // --- producer ---

  // Notes the open span and gives its depth.
  std::uint32_t begin_span(OpId op, DeviceId device, Ticks begin) noexcept {
    const std::uint32_t depth = open_depth.load(std::memory_order_relaxed);  // own counter
    if (depth < kOpenSpansKept) {
      Open& entry = open[depth];
      entry.what.store((std::uint64_t{index_of(without_category(op))} << 32U) | index_of(device),
                       std::memory_order_relaxed);                // published by L5
      entry.begin.store(begin.value, std::memory_order_relaxed);  // published by L5
    }
    open_depth.store(depth + 1, std::memory_order_release);  // L5 -> L6
    return depth;
  }

  // Ends the span that was given `depth`, and those inside it that were left behind; their own end changes nothing
  // then.
  void end_span(std::uint32_t depth) noexcept {
    if (depth < open_depth.load(std::memory_order_relaxed)) {  // own counter
      open_depth.store(depth, std::memory_order_release);      // L5 -> L6: those outside it stay whole
    }
  }

  // What is recorded at this moment. Relaxed: a span more or less at the moment of switching is all that depends on
  // it.
  [[nodiscard]] Switches switches() const noexcept { return Switches(switch_word.load(std::memory_order_relaxed)); }

  // Decides whether to keep a span of a category that is sampled: its flags, with its weight, or kSampledOut.
  static constexpr std::uint16_t kSampledOut = 0xFFFF;
  [[nodiscard]] std::uint16_t sample(OpId op, std::uint16_t run) noexcept {
    const unsigned log2 =
        rules[category_index(op)].log2_one_in.load(std::memory_order_relaxed);  // from now on, or soon
    if (busy.load(std::memory_order_relaxed)) [[unlikely]]  // B1: by the call that this one interrupts
      return nested_sample(log2, run);
    const Busy inside(*this);
    // xorshift64*, Marsaglia 2003 and Vigna 2016: the product's upper half, as low bits of the state are not
    // independent from one draw to the next.
    random ^= random << 13U;
    random ^= random >> 7U;
    random ^= random << 17U;
    const std::uint64_t draw = random * 0x2545'F491'4F6C'DD1DULL >> 32U;
    if ((draw & ((std::uint64_t{1} << log2) - 1)) == 0) return static_cast<std::uint16_t>(log2 << kWeightShift);
    count(sampled_out, run);
    return kSampledOut;
  }

  // One closed span, if anything is recorded now. An end before the begin is moved to it and counted; a span too
  // short for its category is folded; the others are pushed, or folded when the ring is full. `op` still has its
  // category. Always inline: the values then go from registers straight into the ring.
  [[gnu::always_inline]] void close(std::uint64_t begin, std::uint64_t end, std::uint64_t queued, InternedShapes said,
                                    OpId op, DeviceId device, std::uint32_t depth, std::uint16_t flags) noexcept {
    const std::uint64_t what = op_device(without_category(op), device);
    if (busy.load(std::memory_order_relaxed)) [[unlikely]] {  // B1: by the call that this one interrupts
      nested_close(begin, end, said.bytes, what, flags);
      return;
    }
    const Busy inside(*this);
    // Read inside: a handler that records before is done, one that comes now is nested, so the run is not an older
    // one than that of the counters.
    Switches on = switches();
    if (!on.any()) return;
    if (end < begin) [[unlikely]] {
      end = begin;
      count(clock_steps, on.run());
    }
    const Rule& rule = rules[category_index(op)];
    const std::uint64_t rest = shapes_depth_flags(said.id, saturated(depth), flags);
    const std::uint64_t sequence = count(attempted, on.run());
    const std::uint64_t shortest = (flags & kTimesAreNanoseconds) != 0
                                       ? rule.shortest_ns.load(std::memory_order_relaxed)      // from now on, or soon
                                       : rule.shortest_ticks.load(std::memory_order_relaxed);  // as above
    if (end - begin < shortest) [[unlikely]] {
      fold_filtered(begin, end, said.bytes, what, rest);
    } else if (!ring.push(RingSlot{begin, end, queued, said.bytes, step, sequence, what, rest})) [[unlikely]] {
      no_room(begin, end, said.bytes, what, rest, queued);
    }
  }

  // Counts one in this run; returns the word before. The collector looks again until all counts add up.
  [[gnu::always_inline]] static std::uint64_t count(Atomic<std::uint64_t>& counter, std::uint16_t now,
                                                    std::uint64_t by = 1) noexcept {
    std::uint64_t word = counter.load(std::memory_order_relaxed);  // own counter
    if (InRun::run_of(word) != now) [[unlikely]]
      word = first_of_run(now);
    counter.store(word + by, std::memory_order_relaxed);  // read by the collector until it adds up
    return word;
  }

  // --- the state machine above, by who makes the step ---

  // The thread, at lease. Requires: the registry's mutex is held, and the lane was found free.
  void go_live(ThreadId owner) noexcept {
    thread = owner;
    state.store(LaneState::kLive, std::memory_order_release);  // L7 -> L2: `thread` is written
  }
  // The thread, at release.
  void retire() noexcept { state.store(LaneState::kRetired, std::memory_order_release); }  // L1 -> L2
  // The collector; or, when none is at work, the thread at release. Empties everything of the last lease but the
  // caches.
  void make_free() {
    reset();
    state.store(LaneState::kFree, std::memory_order_release);  // L3 -> L4
  }
  // L2 <- L1: read before a last drain. L2 <- L7: `thread` is that of this lease. L4 <- L3: a free lane is empty.
  [[nodiscard]] LaneState look() const noexcept { return state.load(std::memory_order_acquire); }

  // --- read-mostly: written at lease and when the session starts, stops, pauses or changes a rule ---
  struct Rule {
    Atomic<std::uint64_t> shortest_ticks{0};
    Atomic<std::uint64_t> shortest_ns{0};
    Atomic<unsigned> log2_one_in{0};
  };
  alignas(kCacheLineBytes) Atomic<std::uint64_t> switch_word{0};  // see Switches
  Clock clock;
  Plain<ThreadId> thread{kNoThread};  // see go_live
  Registry& registry;
  const std::size_t ring_entries;  // 0: without a ring
  std::array<Rule, kMostCategories> rules;
  Atomic<std::int64_t> longest_wait_ns{0};  // for room in the ring, before a span is folded

  // --- producer's line ---
  alignas(kCacheLineBytes) Atomic<std::uint64_t> attempted{0};  // InRun, as the counters below
  Plain<std::uint64_t> step{0};
  Atomic<std::uint32_t> open_depth{0};
  Atomic<bool> busy{false};  // inside close() or sample(); see B1
  std::uint64_t random;      // never 0
  Atomic<std::uint64_t> sampled_out{0};
  Atomic<std::uint64_t> shapes_dropped{0};  // among folded spans; the collector counts the others
  Atomic<std::uint64_t> clock_steps{0};
  Atomic<std::uint64_t> blocked_ns{0};

  struct Open {
    Atomic<std::uint64_t> what{0};  // op << 32 | device
    Atomic<std::uint64_t> begin{0};
  };
  std::array<Open, kOpenSpansKept> open;

  Folds folds;
  NestedSpans nested;
  Ring ring;

  // --- both, by the state machine above ---
  alignas(kCacheLineBytes) Atomic<LaneState> state{LaneState::kFree};

 private:
  // Holds `busy` while it lives. The fences are for the compiler: a handler runs on this very thread.
  class Busy {
   public:
    [[gnu::always_inline]] explicit Busy(BasicLane& lane) noexcept : lane_(lane) {
      lane_.busy.store(true, std::memory_order_relaxed);  // B1
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    [[gnu::always_inline]] ~Busy() {
      std::atomic_signal_fence(std::memory_order_seq_cst);
      lane_.busy.store(false, std::memory_order_relaxed);  // B1
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    BasicLane& lane_;
  };

  // Out of line, all that is not the usual case: a call then stays a branch that is not taken.
  [[gnu::noinline]] static std::uint64_t first_of_run(std::uint16_t run) noexcept;
  [[gnu::noinline]] void nested_close(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what,
                                      std::uint16_t flags) noexcept;
  [[gnu::noinline]] std::uint16_t nested_sample(unsigned log2, std::uint16_t run) noexcept;
  [[gnu::noinline]] void fold_filtered(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes,
                                       std::uint64_t what, std::uint64_t rest) noexcept;
  // Waits as long as it may, then folds. Of the run of the last attempt.
  [[gnu::noinline]] void no_room(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what,
                                 std::uint64_t rest, std::uint64_t queued) noexcept;
  void fold(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what, std::uint64_t rest,
            typename Folds::Why why) noexcept;
  void reset();
};

// The functions are in lib/record/basic_lane.h.
using LaneParts = BasicLane<StdAtomics, boost::lockfree::spsc_queue<RingSlot>>;
extern template struct BasicLane<StdAtomics, boost::lockfree::spsc_queue<RingSlot>>;

// And what is only the producer's, or only the registry's.
struct Lane : LaneParts {
  // The ring's pages are touched here.
  Lane(Registry& registry, Clock clock, std::size_t ring_entries, std::size_t fold_cells);

  // --- producer ---
  alignas(kCacheLineBytes) ShapeCache shapes;
  NameCache op_names;
  NameCache device_names;

  // --- the registry's, under its mutex ---
  Lane* older = nullptr;  // its list of lanes: see LanePool
  struct Holding {
    std::int64_t os_thread = 0;
    Nanoseconds since{0};      // CLOCK_MONOTONIC
    Nanoseconds cpu_since{0};  // the thread's CPU time then
  };
  Holding holding;
};

}  // namespace ringtail::inline v1
