#include "format/large_text.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <stdexcept>

namespace ringtail::inline v1 {

void LargeText::expect(std::size_t bytes) noexcept {
  try {
    text_.reserve(bytes + bytes / 16);
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
}

void LargeText::populate() {
  constexpr std::uintptr_t kPage = 4096;
  const auto begin = reinterpret_cast<std::uintptr_t>(text_.data());
  const std::uintptr_t first = (begin + text_.size() + kPage - 1) / kPage * kPage;
  const std::uintptr_t last = std::min(first + kStride, begin + text_.capacity()) / kPage * kPage;
  // The last whole page may end before a short text begins.
  populated_ = std::max(text_.size(), last > begin ? static_cast<std::size_t>(last - begin) : 0);
#ifdef MADV_POPULATE_WRITE
  // A kernel before 5.14 refuses, and the pages come one by one.
  if (first < last) madvise(text_.data() + (first - begin), last - first, MADV_POPULATE_WRITE);
#endif
}

}  // namespace ringtail::inline v1
