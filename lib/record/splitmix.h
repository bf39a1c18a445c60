// lib/record/splitmix.h
//
// splitmix64 (Steele, Lea, Flood 2014): a sequence of multiples of an odd step, each through a finalizer that spreads
// every bit over all. Threads: values.
#pragma once

#include <cstdint>

namespace ringtail::inline v1 {

inline constexpr std::uint64_t kSplitmixStep = 0x9E37'79B9'7F4A'7C15ULL;

[[nodiscard]] constexpr std::uint64_t splitmix(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBULL;
  return z ^ (z >> 31U);
}

}  // namespace ringtail::inline v1
