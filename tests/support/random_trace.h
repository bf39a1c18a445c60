// Small traces full of coincidences, for laws and for comparison with slow obvious oracles.
#pragma once

#include <cstdint>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// The same trace for the same seed: up to 120 rows on few devices and threads, with equal times, overlaps, spans of
// no length, folded totals, memory up to saturation, and names that need escaping. `timed`: every row has a begin.
[[nodiscard]] Trace random_trace(std::uint64_t seed, bool timed);

}  // namespace ringtail::inline v1
