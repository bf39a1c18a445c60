#include "bench/cases.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ringtail::overhead {
namespace {

void append(std::vector<Case>& to, std::vector<Case> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

std::vector<Case> all_cases(const Workload& workload) {
  std::vector<Case> cases = baseline_cases(workload);
  append(cases, span_cases(workload));
  append(cases, rate_cases(workload));
  if (workload.cpus) {
    cases.push_back({"core_to_core_ns", "a line to the other core and back", Unit::kNanoseconds,
                     [cpus = *workload.cpus]() -> Result<Sample> { return Sample{core_to_core_ns(cpus)}; }});
  }
  return cases;
}

}  // namespace

Result<std::vector<Row>> measure(const Workload& workload, const Progress& progress) {
  const PinnedTo pin(workload.cpus ? std::optional(workload.cpus->producer) : std::nullopt);
  const std::vector<Case> cases = all_cases(workload);
  std::vector<std::vector<double>> values(cases.size());
  std::vector<double> folded_shares(cases.size(), 0.0);
  for (std::size_t round = 0; round < workload.rounds; ++round) {
    progress(round);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const Result<Sample> sample = cases[i].round();
      if (!sample.ok()) return Error{sample.error().code, cases[i].label + ": " + sample.error().message};
      values[i].push_back(sample.value().value);
      folded_shares[i] = std::max(folded_shares[i], sample.value().folded_share);
    }
  }
  std::vector<Row> rows;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    rows.push_back({cases[i].key, cases[i].label, cases[i].unit, figure_of(values[i]), folded_shares[i]});
  }
  return rows;
}

}  // namespace ringtail::overhead
