// lib/collect/merge.h
//
// The spans of all threads, the last first, in the order of (begin, thread, arrival).
//
// Each thread is read by a RowCursor, and a tree of losers (Knuth 5.4.1) says whose span is next. Where a thread's
// spans do not nest, its rows are grouped by depth and unit of time, groups that are in order already cost one look,
// the others are sorted, and the groups are merged in pairs.
//
// Cost     A row: the cursor's, and log2(threads) compares. Threads that do not nest: 32 bytes per row more, and
//          n log n at worst.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collect/row_cursor.h"

namespace ringtail {

// A thread's rows in the order (begin, arrival), sorted if need be.
[[nodiscard]] std::vector<RowPlace> sorted_rows(std::span<const Segment* const> segments, const ClockMap& clock,
                                                std::int64_t origin_ns);

class Merge {
 public:
  // segments: of any threads, those of one thread in order of arrival. They and the map outlive the merge.
  Merge(std::span<const Segment> segments, const ClockMap& clock, std::int64_t origin_ns);

  // Calls give(const RowPlace&) for every row, the last first. Returns false when it noticed that a thread is not in
  // order; what it gave so far means nothing then, and the next call sorts that thread.
  template <class Give>
  [[nodiscard]] bool run(Give give) {
    std::vector<Source> sources = make_sources();
    Tree tree(sources);
    for (Source* next = tree.first(); next != nullptr; next = tree.after(*next)) give(next->at);
    return note_unordered(sources);
  }

 private:
  struct Thread {
    std::vector<const Segment*> segments;
    bool sort = false;
  };
  // A thread's rows, however they come.
  struct Source {
    Thread* thread;
    RowCursor cursor;
    std::vector<RowPlace> sorted;  // instead of the cursor; the last is next
    RowPlace at;
    bool has_row = false;

    void next() {
      if (!thread->sort) {
        has_row = cursor.next();
        at = cursor.at();
      } else {
        has_row = !sorted.empty();
        if (!has_row) return;
        at = sorted.back();
        sorted.pop_back();
      }
    }
    // True if this one's row comes after the other's in the trace.
    [[nodiscard]] bool is_after(const Source& other) const noexcept {
      if (!has_row || !other.has_row) return has_row;
      if (at.begin_ns != other.at.begin_ns) return at.begin_ns > other.at.begin_ns;
      return this > &other;  // sources are in the order of their threads
    }
  };
  class Tree {
   public:
    explicit Tree(std::vector<Source>& sources) : sources_(sources), losers_(sources.size(), nullptr) {}

    Source* first() {
      if (sources_.empty()) return nullptr;
      for (Source& source : sources_) source.next();
      winner_ = play(1);
      return winner_->has_row ? winner_ : nullptr;
    }
    Source* after(Source& source) {
      source.next();
      Source* winner = &source;
      for (std::size_t node = (static_cast<std::size_t>(&source - sources_.data()) + sources_.size()) / 2; node > 0;
           node /= 2) {
        if (losers_[node]->is_after(*winner)) std::swap(losers_[node], winner);
      }
      return winner->has_row ? winner : nullptr;
    }

   private:
    // The winner below a node; leaves are the nodes from sources_.size() on.
    Source* play(std::size_t node) {
      if (node >= sources_.size()) return &sources_[node - sources_.size()];
      Source* const left = play(2 * node);
      Source* const right = play(2 * node + 1);
      const bool left_wins = left->is_after(*right);
      losers_[node] = left_wins ? right : left;
      return left_wins ? left : right;
    }

    std::vector<Source>& sources_;
    std::vector<Source*> losers_;  // by inner node, from 1
    Source* winner_ = nullptr;
  };

  [[nodiscard]] std::vector<Source> make_sources();
  bool note_unordered(const std::vector<Source>& sources);

  const ClockMap& clock_;
  std::int64_t origin_ns_;
  std::vector<Thread> threads_;
};

}  // namespace ringtail
