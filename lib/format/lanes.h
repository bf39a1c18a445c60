// Places spans on lanes where any two nest or are disjoint, as viewers need it.
//
// Problem  Spans of one thread usually nest; those given with explicit times, or of a stream, may overlap partly:
//              a  [0 ........ 10]
//              b        [5 ........ 15]      neither in a nor after it
// Method   Spans come by (begin ascending, end descending). A lane is a stack of open spans, the innermost on top.
//          What ended at or before the new begin is popped; then the span fits a lane whose stack is empty or whose
//          top ends no earlier than it. The first lane is tried first, so that nesting spans never pay for others; of
//          the further lanes, the one whose top ends soonest after the span, then an empty one, then a new one.
// Right    A stack's ends never increase towards the top, and every popped span ended before all later ones begin:
//          so a span placed on a lane is within all spans on its stack and after all that left it.
// Cost     Each span is pushed and popped once: n log(lanes), also when every span overlaps every other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace ringtail::inline v1 {

class Lanes {
 public:
  // The lane of the span, from 0. Requires: end >= begin; calls come by (begin ascending, end descending).
  std::size_t place(std::uint64_t begin, std::uint64_t end);

  [[nodiscard]] std::size_t count() const noexcept { return stacks_.size(); }

 private:
  using Stack = std::vector<std::uint64_t>;  // ends of the open spans, the innermost last

  std::vector<Stack> stacks_;                             // by lane
  std::set<std::pair<std::uint64_t, std::size_t>> tops_;  // (end of the innermost, lane); lane 0 and empty ones aside
  std::set<std::size_t> empty_;                           // further lanes without an open span
};

}  // namespace ringtail::inline v1
