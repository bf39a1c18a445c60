#include "collect/harvest.h"

#include <algorithm>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "collect/assembly.h"
#include "collect/known_ids.h"

namespace ringtail::inline v1 {
namespace {

// Extends the trace's tables. Names that stand for ids of no table get numbers of the registry's, so that they mean
// the same in all traces of it. Gives what the rows need.
RowNeeds name_stand_ins(const Harvest& harvest, Registry& registry, Trace& trace) {
  registry.extend(trace);
  const RowNeeds rows = needs_of(harvest.segments, trace);
  const FoldBook::Needs folds = harvest.folds.needs_of(trace);
  bool unknown_op = rows.unknown_op || folds.unknown_op;
  bool unknown_device = rows.unknown_device || folds.unknown_device;
  for (const OpenSpan& open : harvest.open_spans) {
    unknown_op |= !is_known(open.op, trace);
    unknown_device |= !is_known(open.device, trace);
  }
  const auto made = [](const InternedName& name) {
    if (name.id == index_of(kNoDevice)) throw std::bad_alloc();  // the trace's own number would not be the registry's
  };
  if (folds.other_op) made(registry.intern_op("(other)"));
  if (unknown_op) made(registry.intern_op("(unknown)"));
  if (unknown_device) made(registry.intern_device("(unknown)"));
  registry.extend(trace);
  return rows;
}

void take_accounts(std::span<const ThreadAccount> accounts, std::vector<TraceThread>& threads) {
  for (std::size_t i = 0; i < threads.size() && i < accounts.size(); ++i) {
    const ThreadAccount& account = accounts[i];
    TraceThread& thread = threads[i];
    thread.attempted = account.attempted;
    thread.recorded = account.recorded;
    thread.folded = account.folded;
    thread.shapes_dropped = account.shapes_dropped;
    thread.clock_steps = account.clock_steps;
    thread.sampled_out = account.sampled_out;
    thread.blocked = account.blocked;
  }
}

// A count for which the trace has no other place.
void tell(Trace& trace, const char* what, std::uint64_t count) {
  trace.metadata.erase(what);
  if (count != 0) trace.metadata[what] = std::to_string(count);
}

}  // namespace

double assemble(const Harvest& harvest, Registry& registry, Clock::Source source, Trace& trace) {
  const RowNeeds needs = name_stand_ins(harvest, registry, trace);
  take_accounts(harvest.accounts, trace.threads);
  const ClockMap clock(source, harvest.pairs);
  trace.origin = Origin{harvest.pairs.front().monotonic, harvest.wall_at_start, name_of(source)};
  if (harvest.latest) trace.origin->later = {*harvest.latest};
  write_rows(harvest.segments, needs, clock, trace);
  const double rows_us = trace.total_duration_us;
  trace.total_duration_us += harvest.delivered_us;
  trace.folded.clear();
  trace.losses.clear();
  harvest.folds.write(clock, trace.origin->monotonic.count(), harvest.accounts, trace);
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
  tell(trace, "ringtail.folded_without_totals", harvest.uncounted);
  tell(trace, "ringtail.open_spans_without_memory", harvest.open_unlisted);
  return rows_us;
}

}  // namespace ringtail::inline v1
