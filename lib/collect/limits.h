// lib/collect/limits.h
//
// The options of a session as its parts take them: values outside the ranges that session.h gives are moved to the
// nearer end.
#pragma once

#include <algorithm>
#include <chrono>

#include "record/registry.h"
#include "ringtail/collect/session.h"

namespace ringtail::inline v1 {

// A duration of the options as nanoseconds: at least 0, at most a year.
template <class Duration>
[[nodiscard]] Nanoseconds in_range(Duration given) {
  const Duration year = std::chrono::hours{24 * 365};
  return std::clamp(given, Duration{0}, year);
}

[[nodiscard]] RegistryLimits limits_of(const SessionOptions& options);

}  // namespace ringtail::inline v1
