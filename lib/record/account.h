// lib/record/account.h
//
// What the collector counts of one thread, in memory that the thread's lease brought: to count exactly it needs none
// of its own.
//
// Threads  One at a time (the collector's mutex).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "ringtail/base/clock.h"

namespace ringtail::inline v1 {

// How many spans were folded, and when.
struct FoldTimes {
  std::uint64_t count = 0;
  std::uint64_t first = 0;  // begin of the earliest; ticks, or ordered(nanoseconds)
  std::uint64_t last = 0;   // end of the latest

  void add(const FoldTimes& other) noexcept {
    if (other.count == 0) return;
    first = count == 0 ? other.first : std::min(first, other.first);
    last = std::max(last, other.last);
    count += other.count;
  }
};

// Fields as in TraceThread, where they mean the same.
struct ThreadAccount {
  std::uint64_t attempted = 0;
  std::uint64_t recorded = 0;
  std::uint64_t folded = 0;
  std::uint64_t shapes_dropped = 0;
  std::uint64_t clock_steps = 0;
  std::uint64_t sampled_out = 0;
  Nanoseconds blocked{0};
  std::array<FoldTimes, 2> unlisted;  // of folded, without a row in the ledger: in ticks, in nanoseconds

  void add(const ThreadAccount& other) noexcept {
    attempted += other.attempted;
    recorded += other.recorded;
    folded += other.folded;
    shapes_dropped += other.shapes_dropped;
    clock_steps += other.clock_steps;
    sampled_out += other.sampled_out;
    blocked += other.blocked;
    for (std::size_t i = 0; i < unlisted.size(); ++i) unlisted[i].add(other.unlisted[i]);
  }
};

}  // namespace ringtail::inline v1
