#include <memory>
#include <utility>

#include "bench/cases.h"
#include "bench/rig.h"
#include "bench/spans.h"

namespace ringtail::overhead {
namespace {

// Drains and merges are measured together: what one pass appended is what the trace is made of.
struct Rates {
  double drained_per_s = 0.0;
  double merged_per_s = 0.0;
};

Result<Rates> measure_rates(Rig& rig, const Workload& workload) {
  if (const Status started = rig.start(); !started.ok()) return started.error();
  const Site site = rig.site();
  double draining_ns = 0.0;
  for (std::size_t done = 0; done < workload.spans;) {
    const std::size_t count = std::min(kRing, workload.spans - done);
    for (std::size_t i = 0; i < count; ++i) kFullSpan(site, i);
    // From here on the other core, whose caches have none of what was recorded.
    const PinnedTo pin(workload.cpus ? std::optional(workload.cpus->collector) : std::nullopt);
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t moved = rig.session().drain_once();
    draining_ns += nanoseconds_since(begin);
    if (moved != count) {
      return Error{ErrorCode::kInvalid,
                   "expected " + std::to_string(count) + " spans drained, found " + std::to_string(moved)};
    }
    done += count;
  }
  static_cast<void>(rig.session().stop());  // without a sink nothing fails
  const auto begin = std::chrono::steady_clock::now();
  const Trace trace = rig.session().take_trace();
  const double merging_ns = nanoseconds_since(begin);
  const auto folded = check_account(trace, {.attempted = workload.spans});
  if (!folded.ok()) return folded.error();
  const double billions = static_cast<double>(workload.spans) * 1e9;
  return Rates{billions / draining_ns, billions / merging_ns};
}

}  // namespace

std::vector<Case> rate_cases(const Workload& workload) {
  const auto rig =
      std::make_shared<Rig>(workload.cpus, SessionOptions{.ring_entries = kRing, .collector_thread = false});
  const auto last = std::make_shared<Rates>();
  const auto drain = [rig, last, workload]() -> Result<Sample> {
    const Result<Rates> rates = measure_rates(*rig, workload);
    if (!rates.ok()) return rates.error();
    *last = rates.value();
    return Sample{last->drained_per_s};
  };
  const auto merge = [last]() -> Result<Sample> { return Sample{last->merged_per_s}; };
  return {
      {"collector_spans_per_s", "collector: drained and appended", Unit::kSpansPerSecond, drain},
      {"merge_spans_per_s", "take_trace(): merged", Unit::kSpansPerSecond, merge},
  };
}

}  // namespace ringtail::overhead
