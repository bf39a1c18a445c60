// lib/collect/harvest.h
//
// All that a trace is made of but the registry's tables: taken under the session's drain mutex, assembled without it.
// Threads: its owner's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collect/fold_book.h"
#include "collect/row_log.h"
#include "record/registry.h"
#include "ringtail/base/clock.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct Harvest {
  std::vector<Segment> segments;
  FoldBook folds;
  std::vector<ThreadAccount> accounts;  // by thread
  std::vector<OpenSpan> open_spans;     // begin: ticks
  std::vector<ClockPair> pairs;         // at least one
  Nanoseconds wall_at_start{0};
  std::optional<WallClockPair> latest;  // a later moment on both clocks
  double delivered_us = 0.0;            // durations of rows that a sink has, each as often as its weight says
  std::uint64_t uncounted = 0;  // folded spans whose totals could not be read: their thread was folding all the time
  std::uint64_t open_unlisted = 0;  // open spans for whose list there was no memory
};

// Replaces what the trace holds by the harvest, but for its threads' names and for tables, which are extended: ids
// are those of the registry, whatever was assembled into the trace before. Throws std::bad_alloc.
// Gives the sum of the rows' durations alone, weighted.
double assemble(const Harvest& harvest, Registry& registry, Clock::Source source, Trace& trace);

}  // namespace ringtail::inline v1
