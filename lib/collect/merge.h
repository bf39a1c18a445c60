// lib/collect/merge.h
//
// Arrival order to trace order: (begin, thread, sequence).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ringtail/base/ids.h"

namespace ringtail {

struct MergeKey {
  std::int64_t begin_ns;
  ThreadId thread;
  std::uint32_t at;  // arrival: within a thread, records arrive in sequence
  friend auto operator<=>(const MergeKey&, const MergeKey&) = default;
};

// Orders `keys` by (begin, thread, at).
//
// Groups by thread (counting sort, stable), orders each group, and merges groups pairwise. A thread's records
// come at the end of their spans, so a group is in order but for parents that follow their children; groups
// already in order cost one look. Time O(n log(threads)) for those, O(n log n) at worst. Space: a second copy
// of the keys.
void order(std::vector<MergeKey>& keys, std::size_t threads);

}  // namespace ringtail
