#include "ringtail/trace/column.h"

#include <sys/mman.h>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20U;
constexpr std::size_t kLarge = kHugePage;  // smaller columns would hold no whole one

}  // namespace

void* allocate_column(std::size_t bytes) {
  if (bytes < kLarge) return ::operator new(bytes);
  void* const memory = ::operator new (bytes, std::align_val_t{kHugePage});
  madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: without it the pages are small ones
  return memory;
}

void free_column(void* memory, std::size_t bytes) noexcept {
  if (bytes < kLarge) {
    ::operator delete(memory);
  } else {
    ::operator delete (memory, std::align_val_t{kHugePage});
  }
}

}  // namespace ringtail::inline v1
