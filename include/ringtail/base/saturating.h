// ringtail/base/saturating.h
//
// Sums and differences of times that end at the least and the largest time instead of wrapping: files may hold any.
#pragma once

#include <cstdint>

#include "ringtail/base/clock.h"

namespace ringtail::inline v1 {

[[nodiscard]] inline Nanoseconds saturating_sum(Nanoseconds a, Nanoseconds b) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a.count(), b.count(), &sum)) return Nanoseconds{sum};
  return a.count() < 0 ? Nanoseconds::min() : Nanoseconds::max();
}

[[nodiscard]] inline Nanoseconds saturating_difference(Nanoseconds later, Nanoseconds earlier) noexcept {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(later.count(), earlier.count(), &difference)) return Nanoseconds{difference};
  return later.count() < 0 ? Nanoseconds::min() : Nanoseconds::max();
}

}  // namespace ringtail::inline v1
