// tests/support/allocations.h
//
// Every allocation of the program counted, and refused on demand: all forms of operator new, and mmap but under
// sanitizers, which need that for themselves. A program that links allocations.cpp has them replaced.
//
// Threads  Any.
#pragma once

#include <cstddef>

namespace ringtail::testing {

// While one lives, the allocations with numbers in [from, to), counted from 0 by all threads, fail.
class AllocationFaults {
 public:
  AllocationFaults(long from, long to);
  ~AllocationFaults();
  AllocationFaults(const AllocationFaults&) = delete;
  AllocationFaults& operator=(const AllocationFaults&) = delete;

  // No more fails. Returns how many allocations there were, those that failed included.
  static long end();
};

// Bytes allocated and not yet freed, as the allocator rounds them; and the most there were since the last reset.
[[nodiscard]] std::size_t live_bytes();
[[nodiscard]] std::size_t peak_bytes();
void reset_peak();

}  // namespace ringtail::testing
