// tools/ringtail/bench/memory.h
//
// How much memory the process has allocated: what glibc's malloc has handed out and not had back, of every arena and of
// blocks with a mapping of their own, with its own bookkeeping. Not what the allocator keeps for later, nor stacks.
#pragma once

#include <malloc.h>

#include <cstddef>

namespace ringtail::overhead {

[[nodiscard]] inline std::size_t heap_bytes() {
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

// Gives back what the allocator keeps for later, so that what follows takes memory that is new to the process: a traced
// program's first trace does, and a second round would not.
inline void forget_free_memory() { malloc_trim(0); }

}  // namespace ringtail::overhead
