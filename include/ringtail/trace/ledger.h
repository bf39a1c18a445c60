// ringtail/trace/ledger.h
//
// What a trace knows about the spans that are not on its timeline, about the threads that recorded, and about what
// recording cost them.
//
// A span that finds no place is folded: its count, duration and bytes join an exact total per (op, device),
// and the ledger says whose span it was, when, and why. Per thread, attempted == recorded + folded.
//
// A span that a sampling rate leaves out is not timed and only counted (sampled_out); the rows and totals of the
// spans of its category that were kept have a weight instead: how many spans each stands for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ringtail/base/clock.h"
#include "ringtail/base/ids.h"

namespace ringtail::inline v1 {

// Exact totals of the folded spans of one op on one device.
struct FoldedTotal {
  OpId op{};
  DeviceId device = kNoDevice;
  std::uint64_t count = 0;
  Nanoseconds duration{0};  // sum, each span as often as its weight says
  std::uint64_t bytes = 0;  // as duration; saturated at 2^64-1
  Nanoseconds longest{0};   // longest single span
  std::uint64_t extra = 0;  // further spans that these stand for: their weights less count

  // Spans that it stands for; saturated at 2^64-1.
  [[nodiscard]] std::uint64_t weight() const noexcept {
    return extra > UINT64_MAX - count ? UINT64_MAX : count + extra;
  }
  friend bool operator==(const FoldedTotal&, const FoldedTotal&) = default;
};

enum class LossCause : std::uint8_t {
  kRingFull,     // the thread's ring was full
  kNoRing,       // all rings of the session were leased to other threads
  kMemoryBound,  // the session's trace had reached its memory bound
  kFiltered,     // shorter than its category's shortest duration to keep
  kOverwritten,  // older than the window that a flight recorder keeps
  kSinkFailed,   // the session's sink had failed
  kNested,       // of a signal handler that had interrupted a recording call of its own thread
  kFileDamaged,  // was in a part of the trace's file that could not be read
  kNoMemory,     // there was none for the row; or for more than the count, and other causes are among these
};

// All of them, in this order.
inline constexpr std::array kLossCauses{LossCause::kRingFull, LossCause::kNoRing,      LossCause::kMemoryBound,
                                        LossCause::kFiltered, LossCause::kOverwritten, LossCause::kSinkFailed,
                                        LossCause::kNested,   LossCause::kFileDamaged, LossCause::kNoMemory};

// "ring full", "no ring", "memory bound", "filtered", "overwritten",
// "sink failed", "nested", "file damaged", "no memory".
[[nodiscard]] const char* name_of(LossCause cause) noexcept;

// True for what the program asked for, so that nothing went wrong: kFiltered, kOverwritten.
[[nodiscard]] constexpr bool is_deliberate(LossCause cause) noexcept {
  return cause == LossCause::kFiltered || cause == LossCause::kOverwritten;
}

// Spans of one thread on one device that were folded for one cause. Times since the trace's origin.
struct Loss {
  ThreadId thread = kNoThread;
  DeviceId device = kNoDevice;
  LossCause cause = LossCause::kRingFull;
  std::uint64_t count = 0;
  Nanoseconds first{0};  // begin of the earliest
  Nanoseconds last{0};   // end of the latest
  friend bool operator==(const Loss&, const Loss&) = default;
};

// One thread that recorded, and its accounts.
struct TraceThread {
  std::string name;
  std::int64_t os_id = 0;            // kernel thread id; 0 when unknown
  std::uint64_t attempted = 0;       // spans that ended while the session recorded
  std::uint64_t recorded = 0;        // of these, on the timeline
  std::uint64_t folded = 0;          // of these, only in the totals
  std::uint64_t shapes_dropped = 0;  // recorded or folded with their shapes left out: the signature table was full
  std::uint64_t clock_steps = 0;     // spans whose end lay before their begin; recorded with duration 0
  std::uint64_t sampled_out = 0;     // spans that a sampling rate left out; not among the attempted
  Nanoseconds held{0};               // how long it had a recorder while the session ran; 0 when unknown
  Nanoseconds cpu{0};                // its CPU time meanwhile; 0 when unknown
  Nanoseconds blocked{0};            // of held, waited for room in its ring; of one lease at most 78 hours
  friend bool operator==(const TraceThread&, const TraceThread&) = default;
};

// What tracing itself took. Costs of one call: calibrated on the recording machine when the session started.
struct TracerCost {
  double recorded_ns = 0.0;      // a span that is recorded, its clock reads included
  double folded_ns = 0.0;        // a span that is folded
  double sampled_out_ns = 0.0;   // a span that is sampled out
  Nanoseconds collector_cpu{0};  // CPU time of draining, by whichever thread
  Nanoseconds process_cpu{0};    // CPU time of all threads of the process, from start to stop
  Nanoseconds wall{0};           // from start to stop
  friend bool operator==(const TracerCost&, const TracerCost&) = default;
};

// A class of spans that is switched and thinned on its own: what it was at its most restricted while the session ran.
struct TraceCategory {
  std::string name;
  bool recorded = true;      // false: switched off
  Nanoseconds shortest{0};   // shorter spans are folded
  std::uint32_t one_in = 1;  // one span in so many is kept, at random
  bool governed = false;     // the session changed one_in to stay within its budget
  friend bool operator==(const TraceCategory&, const TraceCategory&) = default;
};

// A span that had begun and not ended when the session stopped.
struct OpenSpan {
  ThreadId thread = kNoThread;
  OpId op{};
  DeviceId device = kNoDevice;
  std::uint16_t depth = 0;
  Nanoseconds begin{0};
  friend bool operator==(const OpenSpan&, const OpenSpan&) = default;
};

// The same moment on two clocks of the recording host.
struct WallClockPair {
  Nanoseconds monotonic{0};  // CLOCK_MONOTONIC
  Nanoseconds realtime{0};   // CLOCK_REALTIME
  friend bool operator==(const WallClockPair&, const WallClockPair&) = default;
};

// The moment that `begin` times count from.
struct Origin {
  Nanoseconds monotonic{0};  // CLOCK_MONOTONIC of the recording host
  Nanoseconds realtime{0};   // CLOCK_REALTIME at the same moment
  std::string clock;         // name_of(Clock::Source)
  // Later moments, ascending: what aligns traces of several processes or hosts when the wall clock drifts or is set.
  std::vector<WallClockPair> later = {};
  friend bool operator==(const Origin&, const Origin&) = default;
};

}  // namespace ringtail::inline v1
