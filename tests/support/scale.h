// tests/support/scale.h
//
// How much of a stress test to run: all of it in a plain build, a part under sanitizers, or what RINGTAIL_TEST_SCALE
// says: a factor, or "full" for the figures that the project promises, which take minutes each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace ringtail::testing {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr double kDefaultScale = 0.1;
#else
inline constexpr double kDefaultScale = 1.0;
#endif

// Of allocations that fail one by one: each, but for ThreadSanitizer, which would take minutes to find
// the same races.
#if defined(__SANITIZE_THREAD__)
inline constexpr long kFaultStride = 8;
#else
inline constexpr long kFaultStride = 1;
#endif

// `count` times the scale, at least 1; `full` where all is asked for.
inline long scaled(long count, long full) {
  const char* const given = std::getenv("RINGTAIL_TEST_SCALE");
  if (given != nullptr && std::string_view(given) == "full") return full;
  const double scale = given != nullptr ? std::strtod(given, nullptr) : kDefaultScale;
  const auto result = static_cast<long>(static_cast<double>(count) * scale);
  return result < 1 ? 1 : result;
}

inline long scaled(long count) { return scaled(count, count); }

// The step from one of `count` cases to the next that takes the scale's part of them: at least 1.
inline std::size_t stride_for(std::size_t count) {
  return std::max<std::size_t>(1, count / static_cast<std::size_t>(scaled(static_cast<long>(count))));
}

}  // namespace ringtail::testing
