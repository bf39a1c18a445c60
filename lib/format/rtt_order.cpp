#include "format/rtt_order.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace ringtail::inline v1 {
namespace {

using Key = std::pair<std::int64_t, std::uint32_t>;  // begin, thread

constexpr Key kLeast = {std::numeric_limits<std::int64_t>::min(), 0};
constexpr Key kMost = {std::numeric_limits<std::int64_t>::max(), UINT32_MAX};

struct Range {
  std::size_t first = 0;
  std::size_t last = 0;
};

Key key_of(const Trace& trace, std::size_t row) {
  return {trace.columns().begin_ns.at(row), index_of(trace.columns().thread.at(row))};
}

// The first row of the range whose key is not below `key`; with `above`, that is above it.
std::size_t bound(const Trace& trace, Range range, const Key& key, bool above) {
  while (range.first < range.last) {
    const std::size_t middle = range.first + (range.last - range.first) / 2;
    const Key found = key_of(trace, middle);
    if (above ? found <= key : found < key) {
      range.first = middle + 1;
    } else {
      range.last = middle;
    }
  }
  return range.first;
}

// What lies between the rows that stay.
std::vector<Range> rows_that_move(const Trace& trace, std::span<const std::size_t> ends) {
  std::vector<Key> least_after(ends.size() + 1, kMost);
  for (std::size_t piece = ends.size(); piece-- > 0;) {
    const std::size_t first = piece == 0 ? 0 : ends[piece - 1];
    least_after[piece] =
        first == ends[piece] ? least_after[piece + 1] : std::min(least_after[piece + 1], key_of(trace, first));
  }
  std::vector<Range> moving;
  Key most_before = kLeast;
  Range gap;
  for (std::size_t piece = 0; piece < ends.size(); ++piece) {
    const Range all = {piece == 0 ? 0 : ends[piece - 1], ends[piece]};
    if (all.first == all.last) continue;
    const std::size_t first = bound(trace, all, most_before, false);
    const std::size_t last = bound(trace, all, least_after[piece + 1], true);
    most_before = std::max(most_before, key_of(trace, all.last - 1));
    if (first >= last) continue;  // none of this piece stays
    if (gap.first < first) moving.push_back({gap.first, first});
    gap.first = last;
  }
  if (gap.first < trace.size()) moving.push_back({gap.first, trace.size()});
  return moving;
}

void sort_rows(Trace& trace, Range range) {
  std::vector<std::size_t> order(range.last - range.first);
  std::iota(order.begin(), order.end(), range.first);
  std::ranges::stable_sort(order, {}, [&](std::size_t row) { return key_of(trace, row); });
  trace.reorder(range.first, order);
}

}  // namespace

bool order_pieces(Trace& trace, std::span<const std::size_t> ends, std::uint64_t memory) {
  constexpr std::uint64_t kBytesPerPiece = sizeof(Key) + 3 * sizeof(Range);  // ranges grow to twice their number
  constexpr std::uint64_t kBytesPerRow = 2 * sizeof(std::size_t);            // its number, and what sorts or moves it
  if (ends.size() + 1 > memory / kBytesPerPiece) return false;
  const std::uint64_t left = memory - (ends.size() + 1) * kBytesPerPiece;
  const std::vector<Range> moving = rows_that_move(trace, ends);
  for (const Range range : moving) {
    if (range.last - range.first > left / kBytesPerRow) return false;
  }
  for (const Range range : moving) sort_rows(trace, range);
  return true;
}

}  // namespace ringtail::inline v1
