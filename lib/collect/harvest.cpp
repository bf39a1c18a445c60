#include "collect/harvest.h"

#include <algorithm>
#include <string>
#include <utility>

#include "collect/assembly.h"
#include "collect/known_ids.h"

namespace ringtail {
namespace {

// Names that stand for ids of no table get numbers of the registry's, so that they mean the same in all traces of it.
void name_stand_ins(const Harvest& harvest, Registry& registry, Trace& trace) {
  registry.extend(trace);
  const RowNeeds rows = needs_of(harvest.segments, trace);
  const FoldBook::Needs folds = harvest.folds.needs_of(trace);
  bool unknown_op = rows.unknown_op || folds.unknown_op;
  bool unknown_device = rows.unknown_device || folds.unknown_device;
  for (const OpenSpan& open : harvest.open_spans) {
    unknown_op |= !is_known(open.op, trace);
    unknown_device |= !is_known(open.device, trace);
  }
  if (folds.other_op) static_cast<void>(registry.intern_op("(other)"));
  if (unknown_op) static_cast<void>(registry.intern_op("(unknown)"));
  if (unknown_device) static_cast<void>(registry.intern_device("(unknown)"));
  registry.extend(trace);
}

void take_counts(std::vector<TraceThread> counts, std::vector<TraceThread>& threads) {
  counts.resize(threads.size());
  for (std::size_t i = 0; i < threads.size(); ++i) {
    counts[i].name = std::move(threads[i].name);
    counts[i].os_id = threads[i].os_id;
    counts[i].held = threads[i].held;
    counts[i].cpu = threads[i].cpu;
  }
  threads = std::move(counts);
}

}  // namespace

void assemble(const Harvest& harvest, Registry& registry, Clock::Source source, Trace& trace) {
  name_stand_ins(harvest, registry, trace);
  take_counts(harvest.counts, trace.threads);
  const ClockMap clock(source, harvest.pairs);
  trace.origin = Origin{harvest.pairs.front().monotonic, harvest.wall_at_start, name_of(source)};
  write_rows(harvest.segments, clock, trace);
  trace.folded.clear();
  trace.losses.clear();
  harvest.folds.write(clock, trace.origin->monotonic.count(), trace);
  for (const FoldedTotal& total : trace.folded) trace.total_duration_us += to_microseconds(total.duration);
  trace.open_spans.clear();
  for (OpenSpan open : harvest.open_spans) {
    open.op = known(open.op, trace);
    open.device = known(open.device, trace);
    open.begin = Nanoseconds{clock.to_ns(static_cast<std::uint64_t>(open.begin.count()))} - trace.origin->monotonic;
    trace.open_spans.push_back(open);
  }
  std::ranges::sort(trace.open_spans, [](const OpenSpan& a, const OpenSpan& b) {
    return std::pair(a.thread, a.depth) < std::pair(b.thread, b.depth);
  });
  trace.metadata.erase("ringtail.folded_without_totals");
  if (harvest.uncounted != 0) {
    trace.metadata["ringtail.folded_without_totals"] = std::to_string(harvest.uncounted);
  }
}

}  // namespace ringtail
