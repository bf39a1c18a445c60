#include "ringtail/trace/column.h"

#include <sys/mman.h>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20U;

// What to allocate: the last huge page whole, where the column takes most of it. A part of one would be small pages,
// each with a fault of its own.
std::size_t allocated(std::size_t bytes) noexcept {
  const std::size_t unused = (kHugePage - bytes % kHugePage) % kHugePage;
  return unused <= kMostColumnSlack ? bytes + unused : bytes;
}

}  // namespace

void* allocate_column(std::size_t bytes) {
  if (allocated(bytes) < kHugePage) return ::operator new(bytes);
  void* const memory = ::operator new (allocated(bytes), std::align_val_t{kHugePage});
  madvise(memory, allocated(bytes), MADV_HUGEPAGE);  // a wish: without it the pages are small ones
  return memory;
}

void free_column(void* memory, std::size_t bytes) noexcept {
  if (allocated(bytes) < kHugePage) {
    ::operator delete(memory);
  } else {
    ::operator delete (memory, std::align_val_t{kHugePage});
  }
}

}  // namespace ringtail::inline v1
