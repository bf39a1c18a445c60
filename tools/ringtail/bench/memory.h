// tools/ringtail/bench/memory.h
//
// How much memory the process takes. heap_bytes: what glibc's malloc has handed out and not had back, of every arena
// and of blocks with a mapping of their own, with its own bookkeeping; not what the allocator keeps for later.
// resident_bytes: all of its pages that are in memory, such as those of the collector's log, which maps its own.
#pragma once

#include <malloc.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>

namespace ringtail::overhead {

[[nodiscard]] inline std::size_t heap_bytes() {
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

// 0 where the kernel does not say.
[[nodiscard]] inline std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Gives back what the allocator keeps for later, so that what follows takes memory that is new to the process: a
// traced program's first trace does, and a second round would not.
inline void forget_free_memory() { malloc_trim(0); }

}  // namespace ringtail::overhead
