#include "format/json_limits.h"

#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "format/utf8.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::string_view kAtLeastOne = "a number of spans, at least 1";

Error unsupported(std::string where, std::string_view expected, std::string_view found) {
  where.append(": expected ").append(expected).append(", found ").append(found);
  return {ErrorCode::kUnsupported, std::move(where)};
}

const char* text_of_not_finite(double value) { return std::isnan(value) ? "NaN" : value > 0 ? "inf" : "-inf"; }

// What is wrong with a thread index, if anything is: it must lie in the table, unless there is none.
std::optional<Error> check_thread(const Trace& trace, ThreadId thread, const char* list, std::uint64_t at) {
  const bool fits = thread == kNoThread || trace.threads.empty() || index_of(thread) < trace.threads.size();
  if (fits) return std::nullopt;
  return unsupported("$." + std::string(list) + "[" + std::to_string(at) + "].thread",
                     "an index below " + std::to_string(trace.threads.size()), std::to_string(index_of(thread)));
}

}  // namespace

std::optional<Error> find_unsupported_row(const Trace& rows, std::uint64_t first) {
  const auto path = [&](std::size_t row, const char* key) {
    return "$.entries[" + std::to_string(first + row) + "]." + key;
  };
  const auto& durations = rows.columns().duration_us;
  for (std::size_t row = 0; row < durations.size(); ++row) {
    if (!std::isfinite(durations[row])) {
      return unsupported(path(row, "duration_us"), "a finite number", text_of_not_finite(durations[row]));
    }
  }
  const auto& weights = rows.columns().weight;
  for (std::size_t row = 0; !weights.empty() && row < rows.size(); ++row) {
    if (weights.at(row) == 0) return unsupported(path(row, "weight"), kAtLeastOne, "0");
  }
  return std::nullopt;
}

std::optional<Error> find_unsupported_total(const Trace& trace) {
  if (std::isfinite(trace.total_duration_us)) return std::nullopt;
  return unsupported("$.total_duration_us", "a finite number", text_of_not_finite(trace.total_duration_us));
}

std::optional<Error> find_unsupported_state(const Trace& trace) {
  std::optional<Error> error;
  for (std::size_t i = 0; !error && i < trace.losses.size(); ++i) {
    error = check_thread(trace, trace.losses[i].thread, "ringtail.losses", i);
  }
  for (std::size_t i = 0; !error && i < trace.open_spans.size(); ++i) {
    error = check_thread(trace, trace.open_spans[i].thread, "ringtail.open_spans", i);
  }
  if (error) return error;
  for (std::size_t i = 0; i < trace.categories.size(); ++i) {
    if (trace.categories[i].one_in == 0) {
      return unsupported("$.ringtail.categories[" + std::to_string(i) + "].one_in", kAtLeastOne, "0");
    }
  }
  if (trace.cost) {
    for (const auto& [key, value] : {std::pair{"recorded_ns", trace.cost->recorded_ns},
                                     {"folded_ns", trace.cost->folded_ns},
                                     {"sampled_out_ns", trace.cost->sampled_out_ns}}) {
      if (!std::isfinite(value)) {
        return unsupported(std::string("$.ringtail.cost.") + key, "a finite number", text_of_not_finite(value));
      }
    }
  }
  return std::nullopt;
}

std::optional<Error> find_unsupported_rest(const Trace& trace) {
  if (auto error = find_unsupported_total(trace)) return error;
  if (auto error = find_unsupported_state(trace)) return error;
  std::set<std::string> keys;
  for (const auto& [key, value] : trace.metadata) {
    std::string written;
    append_utf8(written, key);
    if (!keys.insert(std::move(written)).second) {
      return unsupported("$.metadata", "keys that differ when invalid UTF-8 is replaced", quoted(key));
    }
  }
  return std::nullopt;
}

std::optional<Error> find_unsupported(const Trace& trace) {
  LargestThread largest;
  largest.see(trace, 0);
  if (auto error = find_unsupported_row(trace, 0)) return error;
  if (auto error = largest.find_stray(trace)) return error;
  return find_unsupported_rest(trace);
}

void LargestThread::see(const Trace& rows, std::uint64_t first) {
  const auto& threads = rows.columns().thread;
  for (std::size_t row = 0; !threads.empty() && row < rows.size(); ++row) {
    const ThreadId thread = threads.at(row);
    if (thread == kNoThread || (thread_ != kNoThread && thread <= thread_)) continue;
    thread_ = thread;
    at_ = first + row;
  }
}

std::optional<Error> LargestThread::find_stray(const Trace& with_threads) const {
  return check_thread(with_threads, thread_, "entries", at_);
}

}  // namespace ringtail::inline v1
