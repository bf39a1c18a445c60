// ringtail/trace/columns.h
//
// The columns that a trace is made of: one value per row, each kind of fact in memory of its own.
//
// Shape    Column: see column.h. StepColumn takes 32 bits a row until a step does not fit. OptionalColumn takes
//          nothing while rows lack it.
// Threads  As a std::vector: several threads may write different rows of what Trace::add_rows gave them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "ringtail/trace/column.h"

namespace ringtail::inline v1 {

// Bytes that a column holds, those reserved for further rows included.
template <class T>
[[nodiscard]] std::size_t bytes_of(const Column<T>& column) noexcept {
  return column.capacity() * sizeof(T);
}

// Puts the value of row rows[i] at first + i. Requires: `rows` are first, first + 1, ... in some order.
template <class T>
void reorder(Column<T>& column, std::size_t first, std::span<const std::size_t> rows) {
  Column<T> moved;
  moved.reserve(rows.size());
  for (const std::size_t row : rows) moved.push_back(column[row]);
  std::copy(moved.begin(), moved.end(), column.begin() + static_cast<std::ptrdiff_t>(first));
}

// Unsigned numbers that are small in nearly every trace: 32 bits each, all widened to 64 by the first that needs it.
class StepColumn {
 public:
  [[nodiscard]] std::uint64_t operator[](std::size_t row) const { return wide_.empty() ? narrow_[row] : wide_[row]; }
  [[nodiscard]] std::size_t size() const noexcept { return wide_.empty() ? narrow_.size() : wide_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_of(narrow_) + bytes_of(wide_); }
  // Of each row once there are rows of up to `largest`.
  [[nodiscard]] std::size_t bytes_per_row(std::uint64_t largest) const noexcept {
    return wide_.empty() && fits(largest) ? sizeof(std::uint32_t) : sizeof(std::uint64_t);
  }

  void push_back(std::uint64_t value) {
    if (wide_.empty()) {
      if (fits(value)) return narrow_.push_back(static_cast<std::uint32_t>(value));
      widen();
    }
    wide_.push_back(value);
  }

  void reserve(std::size_t rows) { wide_.empty() ? narrow_.reserve(rows) : wide_.reserve(rows); }

  void clear() noexcept {
    narrow_.clear();
    wide_.clear();
  }
  void reorder(std::size_t first, std::span<const std::size_t> rows) {
    wide_.empty() ? ringtail::reorder(narrow_, first, rows) : ringtail::reorder(wide_, first, rows);
  }

  // Adds rows that hold nothing yet and will hold at most `largest`.
  void add_rows(std::size_t count, std::uint64_t largest) {
    if (wide_.empty() && !fits(largest)) widen();
    if (wide_.empty() && fits(largest)) return narrow_.resize(narrow_.size() + count);
    wide_.resize(wide_.size() + count);
  }

  // Stores values at rows that exist, each at most the `largest` they were added with.
  class Writer {
   public:
    Writer() = default;
    Writer(StepColumn& column, std::size_t first_row)
        : narrow_(column.wide_.empty() ? column.narrow_.data() + first_row : nullptr),
          wide_(column.wide_.empty() ? nullptr : column.wide_.data() + first_row) {}
    void set(std::size_t row, std::uint64_t value) const {
      if (narrow_ != nullptr) {
        narrow_[row] = static_cast<std::uint32_t>(value);
      } else {
        wide_[row] = value;
      }
    }

    // Where `count` rows from `row` on are stored.
    [[nodiscard]] std::span<std::byte> bytes(std::size_t row, std::size_t count) const {
      return narrow_ != nullptr ? std::as_writable_bytes(std::span(narrow_ + row, count))
                                : std::as_writable_bytes(std::span(wide_ + row, count));
    }

   private:
    std::uint32_t* narrow_ = nullptr;
    std::uint64_t* wide_ = nullptr;
  };

 private:
  static constexpr bool fits(std::uint64_t value) { return value <= std::numeric_limits<std::uint32_t>::max(); }
  void widen() {
    wide_.reserve(narrow_.capacity());
    wide_.assign(narrow_.begin(), narrow_.end());
    narrow_ = {};
  }

  Column<std::uint32_t> narrow_;  // empty once there is a wide row
  Column<std::uint64_t> wide_;
};

// One value per row, or no storage at all while every row lacks it. kAbsent stands for "lacks it".
template <class T, T kAbsent>
class OptionalColumn {
 public:
  [[nodiscard]] T at(std::size_t row) const { return row < values_.size() ? values_[row] : kAbsent; }
  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_of(values_); }

  void reserve(std::size_t rows) { values_.reserve(rows); }
  void clear() noexcept { values_.clear(); }
  void reorder(std::size_t first, std::span<const std::size_t> rows) {
    if (values_.size() <= first) return;  // all of them are absent
    values_.resize(std::max(values_.size(), first + rows.size()), kAbsent);
    ringtail::reorder(values_, first, rows);
  }

  // Requires: no row from `row` on has a value. `room` is how many rows the trace has room for.
  void add(std::size_t row, T value, std::size_t room) {
    if (value == kAbsent) return;
    if (values_.empty()) values_.reserve(room);
    values_.resize(row, kAbsent);
    values_.push_back(value);
  }

  // The rows from `first` on, `count` of them, none set yet; none at all where they are not wanted and there is no
  // column.
  [[nodiscard]] std::span<T> add_rows(std::size_t first, std::size_t count, bool wanted) {
    if (!wanted && values_.empty()) return {};
    values_.resize(first, kAbsent);
    values_.resize(first + count);
    return std::span(values_).subspan(first);
  }

 private:
  Column<T> values_;  // rows past the end are absent
};

}  // namespace ringtail::inline v1
