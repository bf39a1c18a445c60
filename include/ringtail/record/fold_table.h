// ringtail/record/fold_table.h
//
// Exact totals of the spans that found their ring full or were filtered: per (op, device) a count, durations, bytes,
// the longest span, and when the first and the last of them were.
//
// Shape    Open addressing over 64-byte cells, fixed capacity. When seven in eight cells are taken, spans of pairs
//          not yet in the table share four more (by unit and reason), so that nothing is allocated and no count is
//          ever lost.
// Units    Durations and times: ticks of the session's clock, or ordered(nanoseconds) in cells whose key says so.
//          Sums saturate at 2^64-1. A sum of ticks is converted once, so in nanoseconds it is exact to about one per
//          span.
// Threads  fold: the producer. read: the collector, at any time. clear: the collector, while no producer has the
//          lane.
// Cost     fold: one probe and eight plain stores; no read-modify-write instruction.
//
// Ordering, by pair:
//   F1 -> F2   producer stores `changes` odd, the fields (release), then `changes` even (release). A reader that saw
//              a field of a fold not yet finished has acquired it, so its second look at `changes` differs from the
//              first.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "ringtail/record/record.h"
#include "ringtail/record/std_atomics.h"

namespace ringtail::inline v1 {

template <class Atomics>
class BasicFoldTable {
 public:
  // What the collector reads: one cell's totals.
  struct Total {
    OpId op{};
    DeviceId device = kNoDevice;
    bool other = false;           // a shared cell: op and device mean nothing
    bool filtered = false;        // left out on purpose; else there was no room
    bool in_nanoseconds = false;  // durations and times are nanoseconds, not ticks
    std::uint64_t count = 0;
    std::uint64_t duration = 0;  // sum, each span as often as its weight says; saturated
    std::uint64_t bytes = 0;     // as duration
    std::uint64_t longest = 0;
    std::uint64_t first = 0;  // begin of the earliest
    std::uint64_t last = 0;   // end of the latest
    std::uint64_t extra = 0;  // sum of the weights, less count
  };
  enum class Why : std::uint8_t { kNoRoom, kFiltered };

  // capacity: cells, rounded up to a power of two, at least 8.
  explicit BasicFoldTable(std::size_t capacity);

  // Adds a span, as a record has it: end >= begin, `what` is op_device(). Totals of another run are forgotten first.
  void fold(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what, std::uint16_t flags,
            Why why, std::uint16_t run) noexcept;

  // A consistent copy of the totals of this run, or nothing when the producer kept folding through every try.
  [[nodiscard]] std::optional<std::vector<Total>> read(std::uint16_t run) const;
  // The same into a vector, without allocating where that has room for most_totals(). False for nothing.
  [[nodiscard]] bool read(std::uint16_t run, std::vector<Total>& totals) const;

  // Totals that a table of this capacity gives at most.
  [[nodiscard]] static std::size_t most_totals(std::size_t capacity) noexcept { return cells_in(capacity) + kOthers; }

  void clear() noexcept;

  // What it holds is of no run. Requires: no fold is under way.
  void forget() noexcept { run_.store(0, std::memory_order_relaxed); }  // the next fold empties the cells

 private:
  friend struct StoppedInsideFold;  // a test's

  template <class T>
  using Atomic = typename Atomics::template Atomic<T>;

  struct alignas(kCacheLineBytes) Cell {
    Atomic<std::uint64_t> key{kEmpty};
    Atomic<std::uint64_t> count{0};
    Atomic<std::uint64_t> duration{0};
    Atomic<std::uint64_t> bytes{0};
    Atomic<std::uint64_t> longest{0};
    Atomic<std::uint64_t> first{0};
    Atomic<std::uint64_t> last{0};
    Atomic<std::uint64_t> extra{0};
  };
  static_assert(sizeof(Cell) == kCacheLineBytes || !std::is_same_v<Atomics, StdAtomics>);
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};  // no key: bits 60 and 61 are of an op's unused ones
  static constexpr std::size_t kOthers = 4;

  [[nodiscard]] static std::size_t cells_in(std::size_t capacity) noexcept {
    return std::bit_ceil(std::max<std::size_t>(capacity, 8));
  }

  [[nodiscard]] Cell& cell_of(std::uint64_t key) noexcept;
  void empty_cells() noexcept;

  std::size_t mask_;
  typename Atomics::template Plain<std::size_t> used_{0};  // producer's own
  std::unique_ptr<Cell[]> cells_;                          // mask_ + 1 of them
  std::array<Cell, kOthers> other_;   // the shared cells: by unit and reason, the upper two bits of a key
  Atomic<std::uint64_t> changes_{0};  // odd while a fold is under way
  Atomic<std::uint16_t> run_{0};      // the run that the totals belong to
};

// Its functions are in lib/record/basic_fold_table.h.
using FoldTable = BasicFoldTable<StdAtomics>;
extern template class BasicFoldTable<StdAtomics>;

}  // namespace ringtail::inline v1
