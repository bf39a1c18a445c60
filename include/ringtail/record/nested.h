// ringtail/record/nested.h
//
// What a signal handler records while it interrupts its own thread inside a recording call. The lane is then in the
// middle of a change, so such a span gets no place on the timeline; its exact totals are kept here, and the ledger
// says so (cause: nested). A handler that interrupts a handler inside these lines is only counted.
//
// Threads  add, sample: the lane's thread, in signal handlers of any depth. Everything else: the collector.
// Errors   None. Signal-safe: no lock, no allocation, no system call; errno is left alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "ringtail/record/fold_table.h"
#include "ringtail/record/record.h"

namespace ringtail::inline v1 {

class NestedSpans {
  static constexpr std::size_t kCells = 32;

 public:
  static constexpr std::size_t kMostTotals = kCells + 8;
  static constexpr std::size_t kCellBytes = kCells * kCacheLineBytes;  // besides the object's own

  NestedSpans() : folds_(kCells) {}

  // A closed span, as FoldTable::fold takes it.
  void add(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what, std::uint16_t flags,
           std::uint16_t run) noexcept;

  // True for one span in 2^log2; the others are counted as sampled out.
  [[nodiscard]] bool keep(unsigned log2, std::uint16_t run) noexcept;

  // Spans of this run. The collector looks until what it reads adds up.
  [[nodiscard]] std::uint64_t count(std::uint16_t run) const noexcept;
  [[nodiscard]] std::uint64_t sampled_out(std::uint16_t run) const noexcept;

  // Totals of all spans of this run; those that were only counted are one total of no op, and so are all of them
  // while a handler kept adding through every try. The vector is not made larger where it has room for kMostTotals.
  void read(std::uint16_t run, std::vector<FoldTable::Total>& totals) const;

  void clear() noexcept;

  // What it holds is of no run. Requires: as clear().
  void forget() noexcept;

 private:
  friend struct StoppedInsideFold;  // a test's

  FoldTable folds_;
  std::atomic<bool> folding_{false};           // a handler is inside folds_
  std::atomic<std::uint64_t> count_{0};        // InRun
  std::atomic<std::uint64_t> sampled_out_{0};  // InRun
  std::atomic<std::uint64_t> draws_{0};
  std::atomic<std::uint64_t> latest_{0};  // end of the last one, as in its record
};

}  // namespace ringtail::inline v1
