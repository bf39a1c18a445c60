// lib/record/cpu_time.h
//
// What a clock of CPU time shows. Threads: any.
#pragma once

#include <time.h>

#include <chrono>

#include "ringtail/base/clock.h"

namespace ringtail::inline v1 {

// 0 where there is no such clock, as that of a thread that is gone.
[[nodiscard]] inline Nanoseconds cpu_time(clockid_t clock) noexcept {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return Nanoseconds{0};
  return std::chrono::seconds{time.tv_sec} + Nanoseconds{time.tv_nsec};
}

}  // namespace ringtail::inline v1
