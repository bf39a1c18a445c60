// ringtail/trace/ledger.h
//
// What a trace knows about the spans that are not on its timeline, and about the threads that recorded.
//
// A span that finds no place is folded: its count, duration and bytes join an exact total per (op, device),
// and the ledger says whose span it was, when, and why. Per thread, attempted == recorded + folded.
#pragma once

#include <cstdint>
#include <string>

#include "ringtail/base/clock.h"
#include "ringtail/base/ids.h"

namespace ringtail {

// Exact totals of the folded spans of one op on one device.
struct FoldedTotal {
  OpId op{};
  DeviceId device = kNoDevice;
  std::uint64_t count = 0;
  Nanoseconds duration{0};  // sum
  std::uint64_t bytes = 0;  // sum, saturated at 2^64-1
  Nanoseconds longest{0};   // longest single span
  friend bool operator==(const FoldedTotal&, const FoldedTotal&) = default;
};

enum class LossCause : std::uint8_t {
  kRingFull,     // the thread's ring was full
  kNoRing,       // all rings of the session were leased to other threads
  kMemoryBound,  // the session's trace had reached its memory bound
};

// "ring full", "no ring", "memory bound".
[[nodiscard]] const char* name_of(LossCause cause) noexcept;

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
  friend bool operator==(const TraceThread&, const TraceThread&) = default;
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

// The moment that `begin` times count from.
struct Origin {
  Nanoseconds monotonic{0};  // CLOCK_MONOTONIC of the recording host
  Nanoseconds realtime{0};   // CLOCK_REALTIME at the same moment
  std::string clock;         // name_of(Clock::Source)
  friend bool operator==(const Origin&, const Origin&) = default;
};

}  // namespace ringtail
