#include "ringtail/analyze/hotspots.h"

#include <cstddef>

namespace ringtail::inline v1 {

std::vector<EntryView> memory_hotspots(const Trace& trace, std::uint64_t threshold_bytes) {
  std::vector<EntryView> hotspots;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    if (trace.memory_bytes(row) > threshold_bytes) hotspots.push_back(trace[row]);
  }
  return hotspots;
}

}  // namespace ringtail::inline v1
