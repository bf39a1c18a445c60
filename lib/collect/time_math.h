// lib/collect/time_math.h
//
// Nanoseconds that saturate where a caller's times leave the 64-bit range.
#pragma once

#include <cstdint>

#include "ringtail/base/clock.h"

namespace ringtail::inline v1 {

[[nodiscard]] inline std::int64_t saturating_subtract(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < b ? INT64_MIN + 1 : INT64_MAX;  // INT64_MIN stands for "no time" in a trace
}

[[nodiscard]] inline Nanoseconds nanoseconds_of(std::uint64_t count) noexcept {
  return Nanoseconds{count <= INT64_MAX ? static_cast<std::int64_t>(count) : INT64_MAX};
}

}  // namespace ringtail::inline v1
