#include "ringtail/analyze/exactness.h"

#include <algorithm>

namespace ringtail::inline v1 {
namespace {

std::uint64_t folded_count(const Trace& trace) {
  std::uint64_t folded = 0;
  for (const FoldedTotal& total : trace.folded) folded = saturating_add(folded, total.count);
  return folded;
}

// Every span that is missing from the timeline is in the folded totals, with what they sum.
bool sums_are_whole(const Trace& trace) {
  if (trace.unfinished() != nullptr) return false;
  std::uint64_t lost = 0;
  for (const Loss& loss : trace.losses) {
    if (loss.cause == LossCause::kFileDamaged && loss.count != 0) return false;  // only a count is left of them
    lost = saturating_add(lost, loss.count);
  }
  return lost <= folded_count(trace);
}

bool shapes_are_whole(const Trace& trace) {
  const auto dropped_some = [](const TraceThread& thread) { return thread.shapes_dropped != 0; };
  return std::ranges::none_of(trace.threads, dropped_some) &&
         std::ranges::find(trace.columns().shapes, kDroppedShapes) == trace.columns().shapes.end();
}

bool is_sampled(const Trace& trace) {
  return !trace.columns().weight.empty() ||
         std::ranges::any_of(trace.folded, [](const FoldedTotal& total) { return total.extra != 0; }) ||
         std::ranges::any_of(trace.threads, [](const TraceThread& thread) { return thread.sampled_out != 0; });
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
  const bool sampled = is_sampled(trace);
  const auto sum = [&](bool whole) {
    if (sampled) return Exactness::kEstimate;
    return whole ? Exactness::kExact : Exactness::kLowerBound;
  };
  const auto single = [&](bool whole) {
    return whole && !sampled && trace.complete() ? Exactness::kExact : Exactness::kLowerBound;
  };
  switch (analysis) {
    case Analysis::kTotals:
    case Analysis::kLoadBalance:
    case Analysis::kCommunication: return sum(sums_are_whole(trace));
    case Analysis::kAccounts: return sums_are_whole(trace) ? Exactness::kExact : Exactness::kLowerBound;
    case Analysis::kTotalMemory: return sum(sums_are_whole(trace) && shapes_are_whole(trace));
    case Analysis::kPeakMemory:
    case Analysis::kMemoryHotspots: return single(shapes_are_whole(trace));
    case Analysis::kSlowest:
    case Analysis::kThroughput:
    case Analysis::kActivity: return single(true);
    case Analysis::kFlamegraph:
      if (!sampled && !sums_are_whole(trace)) return Exactness::kLowerBound;
      return !sampled && trace.folded.empty() ? Exactness::kExact : Exactness::kEstimate;
  }
  return Exactness::kLowerBound;
}

std::optional<Sampling> sampling_of(const Trace& trace) {
  if (!is_sampled(trace)) return std::nullopt;
  Sampling sampling;
  sampling.timed = saturating_add(trace.size(), folded_count(trace));
  for (const TraceThread& thread : trace.threads) {
    sampling.sampled_out = saturating_add(sampling.sampled_out, thread.sampled_out);
  }
  if (trace.threads.empty()) {
    for (std::size_t row = 0; row < trace.size(); ++row) {
      sampling.spans = saturating_add(sampling.spans, trace.columns().weight.at(row));
    }
    for (const FoldedTotal& total : trace.folded) sampling.spans = saturating_add(sampling.spans, total.weight());
  } else {
    sampling.spans = saturating_add(sampling.timed, sampling.sampled_out);
  }
  for (const TraceCategory& category : trace.categories) {
    if (category.one_in > 1) sampling.rates.push_back({category.name, category.one_in});
  }
  return sampling;
}

bool complete_as_asked(const Trace& trace) {
  if (trace.unfinished() != nullptr) return false;
  std::uint64_t asked = 0;
  for (const Loss& loss : trace.losses) {
    if (!is_deliberate(loss.cause)) return false;
    asked = saturating_add(asked, loss.count);
  }
  return folded_count(trace) <= asked;
}

}  // namespace ringtail::inline v1
