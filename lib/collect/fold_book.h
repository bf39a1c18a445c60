// lib/collect/fold_book.h
//
// The folded spans of a run, from all lanes and from the collector itself: what becomes Trace::folded and
// Trace::losses. Threads: one at a time (the collector's mutex).
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "collect/clock_map.h"
#include "collect/row_log.h"
#include "ringtail/record/fold_table.h"
#include "ringtail/trace/trace.h"

namespace ringtail {

class FoldBook {
 public:
  // Totals of one lane's table, or of kinds of rows. Returns the number of spans in them.
  std::uint64_t add(ThreadId thread, LossCause cause, const std::vector<FoldTable::Total>& totals);

  // The spans of a segment that are not kept. They become one total per kind first, so that each costs little.
  void add(const Segment& segment, LossCause cause);

  void add(const FoldBook& other);

  // What it needs of a trace whose tables it refers to.
  struct Needs {
    bool other_op = false;  // spans that share a cell have no op of their own
    bool unknown_op = false;
    bool unknown_device = false;
  };
  [[nodiscard]] Needs needs_of(const Trace& trace) const;

  // Fills trace.folded and trace.losses; times count from `origin_ns`.
  void write(const ClockMap& clock, std::int64_t origin_ns, Trace& trace) const;

 private:
  using FoldKey = std::tuple<bool, OpId, DeviceId, bool>;           // shared cell, op, device, in nanoseconds
  using LossKey = std::tuple<ThreadId, DeviceId, LossCause, bool>;  // ..., in nanoseconds
  struct Times {
    std::uint64_t count = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };

  std::map<FoldKey, FoldTable::Total> totals_;
  std::map<LossKey, Times> losses_;
  std::vector<FoldTable::Total> by_kind_;  // of the segment that is added
};

}  // namespace ringtail
