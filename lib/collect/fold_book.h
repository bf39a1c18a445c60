// lib/collect/fold_book.h
//
// The folded spans of a run, from all lanes and from the collector itself: what becomes Trace::folded and
// Trace::losses.
//
// Errors   add: no count is ever lost. A total that finds no memory for a row of its own joins "(other)"; a loss that
//          finds none joins the thread's account, as one without a device (cause: no memory).
//          write: throws std::bad_alloc.
// Threads  One at a time (the collector's mutex).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "collect/clock_map.h"
#include "collect/row_log.h"
#include "record/account.h"
#include "record/memory_bound.h"
#include "ringtail/record/fold_table.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

class FoldBook {
 public:
  // memory: what rows are taken from, as often as there are copies of them; null: they are not counted.
  explicit FoldBook(MemoryBound* memory = nullptr, std::size_t copies = 1) : memory_(memory), copies_(copies) {}

  void clear() noexcept;

  // Totals of one lane's table, or of kinds of rows. `account`: of the thread.
  void add(ThreadId thread, ThreadAccount& account, LossCause cause,
           std::span<const FoldTable::Total> totals) noexcept;

  // The spans of a segment that are not kept. They become one total per kind first, so that each costs little.
  void add(const Segment& segment, ThreadAccount& account, LossCause cause) noexcept;

  // Throws std::bad_alloc.
  void add(const FoldBook& other);

  // What it needs of a trace whose tables it refers to.
  struct Needs {
    bool other_op = false;  // spans that share a cell have no op of their own
    bool unknown_op = false;
    bool unknown_device = false;
  };
  [[nodiscard]] Needs needs_of(const Trace& trace) const;

  // Fills trace.folded and trace.losses; times count from `origin_ns`. accounts: by thread.
  void write(const ClockMap& clock, std::int64_t origin_ns, std::span<const ThreadAccount> accounts,
             Trace& trace) const;

 private:
  using FoldKey = std::tuple<OpId, DeviceId, bool>;                 // ..., in nanoseconds
  using LossKey = std::tuple<ThreadId, DeviceId, LossCause, bool>;  // ..., in nanoseconds

  [[nodiscard]] FoldTable::Total& total_for(const FoldTable::Total& from) noexcept;
  [[nodiscard]] FoldTimes& times_for(const LossKey& key, ThreadAccount& account) noexcept;

  template <class Map>
  [[nodiscard]] typename Map::mapped_type& row_of(Map& rows, const typename Map::key_type& key);

  template <class Map>
  [[nodiscard]] std::size_t row_bytes(const Map&) const;

  MemoryBound* memory_;
  std::size_t copies_;
  std::map<FoldKey, FoldTable::Total> totals_;
  std::array<FoldTable::Total, 2> other_;  // of no op and device; in ticks, in nanoseconds
  std::map<LossKey, FoldTimes> losses_;
  std::vector<FoldTable::Total> by_kind_;  // of the segment that is added
};

}  // namespace ringtail::inline v1
