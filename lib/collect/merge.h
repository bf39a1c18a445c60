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

#include <compare>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "collect/row_cursor.h"

namespace ringtail::inline v1 {

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

    [[nodiscard]] bool next() {
      if (!thread->sort) [[likely]]
        return cursor.next(at);
      if (sorted.empty()) return false;
      at = sorted.back();
      sorted.pop_back();
      return true;
    }
  };
  // By how late its row comes in the trace: of equal begins, that of the later thread. A source without a row is
  // first.
  struct Rank {
    std::int64_t begin_ns;
    std::uint32_t order;  // number of the source plus one; 0 without a row
    friend auto operator<=>(const Rank&, const Rank&) = default;
  };
  class Tree {
   public:
    explicit Tree(std::vector<Source>& sources) : sources_(sources), losers_(sources.size()) {}

    Source* first() {
      if (sources_.empty()) return nullptr;
      return source_of(play(1));
    }
    Source* after(Source& source) {
      const auto at = static_cast<std::size_t>(&source - sources_.data());
      Rank winner = next_of(at);
      for (std::size_t node = (at + sources_.size()) / 2; node > 0; node /= 2) {
        if (losers_[node] > winner) std::swap(losers_[node], winner);
      }
      return source_of(winner);
    }

   private:
    Rank next_of(std::size_t at) {
      Source& source = sources_[at];
      if (!source.next()) return {INT64_MIN, 0};
      return {source.at.begin_ns, static_cast<std::uint32_t>(at) + 1};
    }
    Source* source_of(Rank winner) { return winner.order != 0 ? &sources_[winner.order - 1] : nullptr; }
    // The winner below a node; leaves are the nodes from sources_.size() on.
    Rank play(std::size_t node) {
      if (node >= sources_.size()) return next_of(node - sources_.size());
      Rank winner = play(2 * node);
      losers_[node] = play(2 * node + 1);
      if (losers_[node] > winner) std::swap(losers_[node], winner);
      return winner;
    }

    std::vector<Source>& sources_;
    std::vector<Rank> losers_;  // by inner node, from 1
  };

  [[nodiscard]] std::vector<Source> make_sources();
  bool note_unordered(const std::vector<Source>& sources);

  const ClockMap& clock_;
  std::int64_t origin_ns_;
  std::vector<Thread> threads_;
};

}  // namespace ringtail::inline v1
