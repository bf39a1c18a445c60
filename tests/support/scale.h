// tests/support/scale.h
//
// How much of a stress test to run: all of it in a plain build, a part under sanitizers, or what
// RINGTAIL_TEST_SCALE says.
#pragma once

#include <cstdlib>

namespace ringtail::testing {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr double kDefaultScale = 0.1;
#else
inline constexpr double kDefaultScale = 1.0;
#endif

// `count` times the scale, at least 1.
inline long scaled(long count) {
  const char* const given = std::getenv("RINGTAIL_TEST_SCALE");
  const double scale = given != nullptr ? std::strtod(given, nullptr) : kDefaultScale;
  const auto result = static_cast<long>(static_cast<double>(count) * scale);
  return result < 1 ? 1 : result;
}

}  // namespace ringtail::testing
