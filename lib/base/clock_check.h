// lib/base/clock_check.h
//
// Whether a counter may stand for CLOCK_MONOTONIC on every processor (see clock.cpp). Threads: values.
#pragma once

#include <span>

#include "ringtail/base/clock.h"

namespace ringtail::inline v1 {

// With the rate from the first pair to `end`, both of one processor, no other is off by more than a microsecond;
// false where that is no rate. pairs: one of each processor, as a thread hops over them; at least one.
[[nodiscard]] bool processors_agree(std::span<const ClockPair> pairs, ClockPair end);

}  // namespace ringtail::inline v1
