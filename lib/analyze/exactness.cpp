#include "ringtail/analyze/exactness.h"

#include <algorithm>

namespace ringtail {
namespace {

Exactness exact_if(bool exact) { return exact ? Exactness::kExact : Exactness::kLowerBound; }

// Every span that is missing from the timeline is in the folded totals.
bool sums_are_whole(const Trace& trace) {
  std::uint64_t folded = 0;
  std::uint64_t lost = 0;
  for (const FoldedTotal& total : trace.folded) folded = saturating_add(folded, total.count);
  for (const Loss& loss : trace.losses) lost = saturating_add(lost, loss.count);
  return lost <= folded;
}

bool shapes_are_whole(const Trace& trace) {
  const auto dropped_some = [](const TraceThread& thread) { return thread.shapes_dropped != 0; };
  return std::ranges::none_of(trace.threads, dropped_some) &&
         std::ranges::find(trace.columns().shapes, kDroppedShapes) == trace.columns().shapes.end();
}

}  // namespace

const char* name_of(Exactness exactness) noexcept {
  switch (exactness) {
    case Exactness::kExact: return "exact";
    case Exactness::kLowerBound: return "lower bound";
    case Exactness::kEstimate: return "estimate";
  }
  return "unknown";
}

Exactness exactness_of(Analysis analysis, const Trace& trace) {
  switch (analysis) {
    case Analysis::kTotals:
    case Analysis::kLoadBalance:
    case Analysis::kCommunication: return exact_if(sums_are_whole(trace));
    case Analysis::kTotalMemory: return exact_if(sums_are_whole(trace) && shapes_are_whole(trace));
    case Analysis::kPeakMemory:
    case Analysis::kMemoryHotspots: return exact_if(trace.complete() && shapes_are_whole(trace));
    case Analysis::kSlowest:
    case Analysis::kThroughput: return exact_if(trace.complete());
    case Analysis::kFlamegraph:
      if (!sums_are_whole(trace)) return Exactness::kLowerBound;
      return trace.folded.empty() ? Exactness::kExact : Exactness::kEstimate;
  }
  return Exactness::kLowerBound;
}

}  // namespace ringtail
