// ringtail/analyze/hotspots.h
//
// Which operations hold much memory: the rows above a threshold.
#pragma once

#include <cstdint>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// The rows whose memory is strictly above the threshold, in trace order. Views into `trace`.
// Folded and sampled-out spans are not rows: of a trace with such this is a part (see exactness.h), and each entry's
// weight() says how many spans it stands for.
[[nodiscard]] std::vector<EntryView> memory_hotspots(const Trace& trace, std::uint64_t threshold_bytes);

}  // namespace ringtail::inline v1
