// lib/collect/row_cursor.h
//
// One thread's spans, the last first, in the order of (begin, arrival).
//
// A thread's rows are in the order in which its spans ended: parents after their children. Read backwards, parents
// come first, and a stack of those that enclose the row just read gives the order of begins:
//
//     time      a( b( ) c( ) ) d( )        read: d, a, c, b        given: d, c, b, a
//
// A row leaves the stack when the next one read does not begin after it: what is read later ended earlier, so before
// it began. That holds for spans that nest, which scopes do. Times given explicitly need not: the cursor notices
// (ordered()), and the thread is sorted instead.
//
// Cost     One push and one pop per row; memory by the depth.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collect/clock_map.h"
#include "collect/row_log.h"
#include "collect/time_math.h"

namespace ringtail::inline v1 {

// Where a row is, and when it began.
struct RowPlace {
  std::int64_t begin_ns = 0;  // since the trace's origin
  const Row* row = nullptr;
  const Segment* segment = nullptr;

  [[nodiscard]] const Kind& kind() const noexcept { return segment->chunk->kind(row->kind); }
};

class RowCursor {
 public:
  // segments: the thread's, in order of arrival. They and the map outlive the cursor.
  RowCursor(std::span<const Segment* const> segments, const ClockMap& clock, std::int64_t origin_ns)
      : segments_(segments), clock_(clock), origin_ns_(origin_ns), left_(segments.size()) {
    has_pending_ = read();
  }

  // Gives the next; false when there is none.
  [[nodiscard]] bool next(RowPlace& place) {
    while (has_pending_ && (stack_.empty() || stack_.back().begin_ns < pending_.begin_ns)) {
      stack_.push_back(pending_);
      has_pending_ = read();
    }
    if (stack_.empty()) return false;
    place = stack_.back();
    stack_.pop_back();
    ordered_ &= place.begin_ns <= last_;
    last_ = place.begin_ns;
    return true;
  }

  // False once a row was given that belongs before one that was given earlier.
  [[nodiscard]] bool ordered() const noexcept { return ordered_; }

 private:
  bool read() {
    while (row_ == first_) {
      if (left_ == 0) return false;
      pending_.segment = segments_[--left_];
      first_ = pending_.segment->begin_row();
      row_ = pending_.segment->end_row();
    }
    pending_.row = --row_;
    const std::uint64_t begin = row_->begin;
    const std::int64_t ns = pending_.kind().in_nanoseconds() ? from_ordered(begin) : clock_.to_ns(begin);
    pending_.begin_ns = saturating_subtract(ns, origin_ns_);
    while (row_ != first_ && is_note(row_[-1])) --row_;
    return true;
  }

  std::span<const Segment* const> segments_;
  ClockMap::Cursor clock_;
  std::int64_t origin_ns_;
  std::size_t left_;            // segments not yet begun
  const Row* first_ = nullptr;  // of the segment that is read
  const Row* row_ = nullptr;    // read last in it, its notes included
  bool has_pending_ = false;
  bool ordered_ = true;
  std::int64_t last_ = INT64_MAX;  // begin of the row given last
  RowPlace pending_;
  std::vector<RowPlace> stack_;
};

}  // namespace ringtail::inline v1
