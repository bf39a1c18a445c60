#include "ringtail/analyze/summary.h"

#include <string_view>
#include <utility>
#include <vector>

#include "analyze/totals.h"

namespace ringtail::inline v1 {
namespace {

std::map<std::string, Summary> by_name(const std::vector<Totals>& totals, const NameTable& names) {
  std::map<std::string, Summary> summaries;
  for (std::uint32_t id = 0; id < totals.size(); ++id) {
    const Totals& sum = totals[id];
    if (sum.count == 0) continue;  // a name of the table that no span has
    summaries.emplace(names.at(id), Summary{sum.count, sum.duration_us, sum.bytes});
  }
  return summaries;
}

}  // namespace

std::map<std::string, Summary> operation_summary(const Trace& trace) {
  return by_name(totals_by_op(trace), trace.op_names());
}

std::map<std::string, Summary> per_device_summary(const Trace& trace) {
  return by_name(totals_by_device(trace), trace.device_names());
}

std::map<std::string, double> avg_duration_by_op(const Trace& trace) {
  std::map<std::string, double> averages;
  for (const auto& [name, summary] : operation_summary(trace)) {
    averages.emplace_hint(averages.end(), name, summary.total_duration_us / static_cast<double>(summary.count));
  }
  return averages;
}

}  // namespace ringtail::inline v1
