#include "demo/tally.h"

#include <algorithm>
#include <cstddef>

#include "demo/categories.h"
#include "recording_rules.h"

namespace ringtail::demo {
namespace {

std::string text_of(const Tally::Key& key, const Tally::Count& executed, const Tally::Count& traced) {
  return key.first + " on " + (key.second.empty() ? "no device" : key.second) + ": executed " +
         std::to_string(executed.spans) + " spans and " + std::to_string(executed.bytes) + " bytes, traced " +
         std::to_string(traced.spans) + " spans and " + std::to_string(traced.bytes) + " bytes";
}

enum class Kept { kAll, kSample, kNone };

Kept kept_of(std::string_view op, const Trace& trace) {
  const std::string_view name = cli::kCategories[static_cast<std::size_t>(category_of(op))];
  const auto category = std::ranges::find(trace.categories, name, &TraceCategory::name);
  if (category == trace.categories.end()) return Kept::kAll;
  if (!category->recorded) return Kept::kNone;
  return category->one_in > 1 || category->governed ? Kept::kSample : Kept::kAll;
}

bool agree(const Tally::Count& executed, const Tally::Count& traced, Kept kept) {
  switch (kept) {
    case Kept::kAll: return executed == traced;
    case Kept::kSample: return traced.spans <= executed.spans;
    case Kept::kNone: return traced == Tally::Count{};
  }
  return false;
}

}  // namespace

void Tally::add(std::string_view op, std::string_view device, Count count) {
  Count& total = counts_[{std::string(op), std::string(device)}];
  total.spans += count.spans;
  total.bytes += count.bytes;
}

void Tally::add(const Tally& other) {
  for (const auto& [key, count] : other.counts_) add(key.first, key.second, count);
}

std::uint64_t Tally::spans() const {
  std::uint64_t sum = 0;
  for (const auto& [key, count] : counts_) sum += count.spans;
  return sum;
}

TallyComparison compare(const Tally& executed, const Trace& trace) {
  Tally traced;
  TallyComparison result;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const EntryView entry = trace[row];
    traced.add(entry.operation(), entry.device().value_or(""), {1, entry.memory_bytes()});
  }
  for (const FoldedTotal& total : trace.folded) {
    traced.add(trace.operation(total.op), trace.device(total.device).value_or(""), {total.count, total.bytes});
    result.folded += total.count;
  }
  result.executed = executed.spans();
  result.recorded = trace.size();
  for (const TraceThread& thread : trace.threads) result.sampled_out += thread.sampled_out;

  Tally keys = executed;
  keys.add(traced);
  const auto count_in = [](const Tally& tally, const Tally::Key& key) {
    const auto found = tally.counts().find(key);
    return found == tally.counts().end() ? Tally::Count{} : found->second;
  };
  for (const auto& [key, sum] : keys.counts()) {
    const Tally::Count mine = count_in(executed, key);
    const Tally::Count its = count_in(traced, key);
    const Kept kept = kept_of(key.first, trace);
    if (kept == Kept::kNone) result.switched_off += mine.spans;
    if (result.first_difference.empty() && !agree(mine, its, kept)) result.first_difference = text_of(key, mine, its);
  }
  const std::uint64_t known = result.recorded + result.folded + result.sampled_out + result.switched_off;
  if (result.first_difference.empty() && known != result.executed) {
    result.first_difference =
        "in all: executed " + std::to_string(result.executed) + " spans, known of " + std::to_string(known);
  }
  return result;
}

}  // namespace ringtail::demo
