#include "format/large_text.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

namespace ringtail {

void LargeText::populate() {
  constexpr std::uintptr_t kPage = 4096;
  const auto begin = reinterpret_cast<std::uintptr_t>(text_.data());
  const std::uintptr_t first = (begin + text_.size() + kPage - 1) / kPage * kPage;
  const std::uintptr_t last = std::min(first + kStride, begin + text_.capacity()) / kPage * kPage;
  populated_ = std::max(text_.size(), static_cast<std::size_t>(last - begin));
#ifdef MADV_POPULATE_WRITE
  // A kernel before 5.14 refuses, and the pages come one by one.
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE);
#endif
}

}  // namespace ringtail
