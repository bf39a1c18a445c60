// ringtail/record/memory_use.h
//
// What a session holds in memory, by what it is for.
//
// Units    Bytes, as asked of the allocator and rounded up for its own needs. Traces that were taken or are being
//          made, snapshots among them, are their owners'.
#pragma once

#include <cstddef>

namespace ringtail::inline v1 {

struct MemoryUse {
  std::size_t lanes = 0;   // rings, totals of folded spans, and caches of the threads that record or have recorded
  std::size_t tables = 0;  // names, signatures, the list of threads
  std::size_t log = 0;     // spans that were collected
  std::size_t books = 0;   // the collector's own: totals, the ledger, a sink's batch

  [[nodiscard]] std::size_t total() const noexcept { return lanes + tables + log + books; }
};

}  // namespace ringtail::inline v1
