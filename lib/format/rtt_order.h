// format/rtt_order.h
//
// Puts rows that came in ordered pieces in the order of all.
//
// Method   A row stays where it is when no piece before has a larger one and no piece after a smaller one. In each
//          piece these are a range in its middle, for it is ordered; what is between two such ranges is sorted on its
//          own. A session's pieces overlap at their borders only, so nearly all rows stay.
// Cost     Two searches per piece; n log n of the rows that do not stay, whatever the pieces are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// Requires: every row has a begin; the rows of each piece, which ends before the row in `ends`, ascend by
// (begin, thread); the last end is trace.size(). Equal rows keep their order. False, and nothing is changed, where it
// would take more than `memory` bytes.
[[nodiscard]] bool order_pieces(Trace& trace, std::span<const std::size_t> ends, std::uint64_t memory);

}  // namespace ringtail::inline v1
