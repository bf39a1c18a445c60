// lib/record/basic_fold_table.h
//
// The functions of BasicFoldTable: for the library's own instance (fold_table.cpp), and for the models of it.
#pragma once

#include <algorithm>
#include <bit>

#include "ringtail/record/fold_table.h"
#include "ringtail/record/record.h"
#include "ringtail/trace/signatures.h"

namespace ringtail::inline v1 {

// A key is an op of 28 bits and a device (op_device), turned so that the op's unused bits are the upper ones.
inline constexpr std::uint64_t kNanosecondsBit = std::uint64_t{1} << 63U;
inline constexpr std::uint64_t kFilteredBit = std::uint64_t{1} << 62U;
inline constexpr unsigned kOtherShift = 62;

template <class Atomics>
BasicFoldTable<Atomics>::BasicFoldTable(std::size_t capacity)
    : mask_(cells_in(capacity) - 1), cells_(std::make_unique<Cell[]>(mask_ + 1)) {}

template <class Atomics>
typename BasicFoldTable<Atomics>::Cell& BasicFoldTable<Atomics>::cell_of(std::uint64_t key) noexcept {
  std::size_t at = (key * 0x9E37'79B9'7F4A'7C15ULL) >> 32U & mask_;
  for (;; at = (at + 1) & mask_) {
    const std::uint64_t found = cells_[at].key.load(std::memory_order_relaxed);  // own cell
    if (found == key) return cells_[at];
    if (found == kEmpty) break;
  }
  if (used_ * 8 >= (mask_ + 1) * 7) return other_[key >> kOtherShift];
  used_ = used_ + 1;
  return cells_[at];
}

template <class Atomics>
void BasicFoldTable<Atomics>::fold(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what,
                                   std::uint16_t flags, Why why, std::uint16_t run) noexcept {
  const std::uint64_t changes = changes_.load(std::memory_order_relaxed);  // own counter
  changes_.store(changes + 1, std::memory_order_relaxed);                  // released by the stores of the fields
  if (run_.load(std::memory_order_relaxed) != run) [[unlikely]] {          // own field
    empty_cells();
    run_.store(run, std::memory_order_release);  // F1 -> F2
  }
  const std::uint64_t key = std::rotl(what, 32) | ((flags & kTimesAreNanoseconds) != 0 ? kNanosecondsBit : 0) |
                            (why == Why::kFiltered ? kFilteredBit : 0);
  Cell& cell = cell_of(key);
  // Loads below are of fields that only this thread writes.
  const auto get = [](const Atomic<std::uint64_t>& field) { return field.load(std::memory_order_relaxed); };
  // F1 -> F2: a reader that sees the new value also sees `changes_` odd or later.
  const auto put = [](Atomic<std::uint64_t>& field, std::uint64_t value) {
    field.store(value, std::memory_order_release);
  };
  const std::uint64_t length = end - begin;
  const std::uint64_t count = get(cell.count);
  std::uint64_t duration = length;
  if (const std::uint32_t weight = weight_of(flags); weight != 1) [[unlikely]] {
    duration = saturating_multiply(duration, weight);
    bytes = saturating_multiply(bytes, weight);
    put(cell.extra, saturating_add(get(cell.extra), weight - 1));
  }
  put(cell.key, key);
  put(cell.count, count + 1);
  put(cell.duration, saturating_add(get(cell.duration), duration));
  put(cell.bytes, saturating_add(get(cell.bytes), bytes));
  if (length > get(cell.longest)) put(cell.longest, length);
  if (count == 0 || begin < get(cell.first)) put(cell.first, begin);
  if (end > get(cell.last)) put(cell.last, end);
  changes_.store(changes + 2, std::memory_order_release);  // F1 -> F2: the fold is whole
}

template <class Atomics>
auto BasicFoldTable<Atomics>::read(std::uint16_t run) const -> std::optional<std::vector<Total>> {
  std::vector<Total> totals;
  if (!read(run, totals)) return std::nullopt;
  return totals;
}

template <class Atomics>
bool BasicFoldTable<Atomics>::read(std::uint16_t run, std::vector<Total>& totals) const {
  // F2 <- F1: both looks at `changes_` and every field between them.
  const auto get = [](const Atomic<std::uint64_t>& field) { return field.load(std::memory_order_acquire); };
  const auto copy = [&](const Cell& cell, bool other) {
    const std::uint64_t count = get(cell.count);
    if (count == 0) return;
    const std::uint64_t key = get(cell.key);
    totals.push_back({.op = OpId{static_cast<std::uint32_t>((key & ~kNanosecondsBit & ~kFilteredBit) >> 32U)},
                      .device = DeviceId{static_cast<std::uint32_t>(key)},
                      .other = other,
                      .filtered = (key & kFilteredBit) != 0,
                      .in_nanoseconds = (key & kNanosecondsBit) != 0,
                      .count = count,
                      .duration = get(cell.duration),
                      .bytes = get(cell.bytes),
                      .longest = get(cell.longest),
                      .first = get(cell.first),
                      .last = get(cell.last),
                      .extra = get(cell.extra)});
  };
  for (int i = 0; i < Atomics::kReadTries; ++i) {
    totals.clear();
    const std::uint64_t before = get(changes_);
    if (before == 0) return true;  // nothing was ever folded: the usual case
    if (before % 2 != 0) continue;
    if (run_.load(std::memory_order_acquire) != run) {  // F2 <- F1
      if (get(changes_) == before) return true;
      continue;
    }
    for (std::size_t at = 0; at <= mask_; ++at) copy(cells_[at], false);
    for (const Cell& cell : other_) copy(cell, true);
    if (get(changes_) == before) return true;
  }
  return false;
}

template <class Atomics>
void BasicFoldTable<Atomics>::empty_cells() noexcept {
  // F1 -> F2, for a reader that looks while the producer does this; plain stores on x86.
  const auto reset = [](Cell& cell) {
    if (cell.count.load(std::memory_order_relaxed) == 0) return;  // own cell, and it is empty
    cell.key.store(kEmpty, std::memory_order_release);
    for (auto* field :
         {&cell.count, &cell.duration, &cell.bytes, &cell.longest, &cell.first, &cell.last, &cell.extra}) {
      field->store(0, std::memory_order_release);
    }
  };
  for (std::size_t at = 0; at <= mask_; ++at) reset(cells_[at]);
  for (Cell& cell : other_) reset(cell);
  used_ = 0;
}

template <class Atomics>
void BasicFoldTable<Atomics>::clear() noexcept {
  if (changes_.load(std::memory_order_relaxed) == 0) return;  // no producer has the lane
  empty_cells();
  run_.store(0, std::memory_order_relaxed);      // the next lease publishes it
  changes_.store(0, std::memory_order_relaxed);  // as above
}

}  // namespace ringtail::inline v1
