#include "ringtail/analyze/communication.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "analyze/totals.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::array<std::string_view, 7> kWords = {"allreduce", "all_gather", "reduce_scatter", "broadcast", "send",
                                                    "recv",      "comm"};

// ASCII only and without a locale: 'İ' or a Turkish 'I' must not decide what communication is.
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A NaN sorts as the shortest.
double length(const CommunicationBottleneck& bottleneck) {
  const double us = bottleneck.total_duration_us;
  return std::isnan(us) ? -std::numeric_limits<double>::infinity() : us;
}

}  // namespace

bool is_communication(std::string_view operation) {
  return std::ranges::any_of(kWords, [&](std::string_view word) {
    const auto same = [](char in_name, char in_word) { return to_lower(in_name) == in_word; };
    return std::search(operation.begin(), operation.end(), word.begin(), word.end(), same) != operation.end();
  });
}

std::vector<CommunicationBottleneck> communication_bottlenecks(const Trace& trace, double min_ratio) {
  const double whole_us = std::fmax(trace.total_duration_us, 1e-9);
  const std::vector<Totals> totals = totals_by_op(trace);
  std::vector<CommunicationBottleneck> found;
  for (std::uint32_t op = 0; op < totals.size(); ++op) {
    const Totals& sum = totals[op];
    const std::string_view name = trace.op_names().at(op);
    const double ratio = sum.duration_us / whole_us;
    if (sum.count == 0 || !(ratio >= min_ratio) || !is_communication(name)) continue;
    found.push_back({std::string(name), sum.duration_us, ratio, sum.count});
  }
  std::ranges::sort(found, [](const CommunicationBottleneck& a, const CommunicationBottleneck& b) {
    return length(a) != length(b) ? length(a) > length(b) : a.operation < b.operation;
  });
  return found;
}

}  // namespace ringtail::inline v1
