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
  append(cases, latency_cases(workload));
  append(cases, producer_cases(workload));
  append(cases, rate_cases(workload));
  append(cases, memory_cases(workload));
  if (workload.cpus) {
    cases.push_back({"core_to_core_ns", "a line to the other core and back", Unit::kNanoseconds,
                     [cpus = *workload.cpus]() -> Result<Sample> { return Sample{core_to_core_ns(cpus)}; }});
  }
  return cases;
}

template <class Value>
Figure figure_over(const std::vector<Sample>& rounds, Value value) {
  std::vector<double> values;
  values.reserve(rounds.size());
  for (const Sample& sample : rounds) values.push_back(value(sample));
  return figure_of(std::move(values));
}

Row row_of(const Case& of, const std::vector<Sample>& rounds) {
  Row row{of.key, of.label, of.unit, figure_over(rounds, [](const Sample& s) { return s.value; })};
  row.folded_share = figure_over(rounds, [](const Sample& s) { return s.folded_share; }).max;
  row.latency = {row.figure.median, figure_over(rounds, [](const Sample& s) { return s.latency.p99; }).median,
                 figure_over(rounds, [](const Sample& s) { return s.latency.p999; }).median,
                 figure_over(rounds, [](const Sample& s) { return s.latency.max; }).max};
  row.relative_to = of.relative_to;
  return row;
}

}  // namespace

Result<std::vector<Row>> measure(const Workload& workload, const Progress& progress) {
  const std::vector<Case> cases = all_cases(workload);  // before this thread is left with one CPU
  const PinnedTo pin(workload.cpus ? std::optional(workload.cpus->producer) : std::nullopt);
  std::vector<std::vector<Sample>> samples(cases.size());
  for (std::size_t round = 0; round < workload.rounds; ++round) {
    progress(round);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const Result<Sample> sample = cases[i].round();
      if (!sample.ok()) return Error{sample.error().code, cases[i].label + ": " + sample.error().message};
      samples[i].push_back(sample.value());
    }
  }
  std::vector<Row> rows;
  for (std::size_t i = 0; i < cases.size(); ++i) rows.push_back(row_of(cases[i], samples[i]));
  return rows;
}

}  // namespace ringtail::overhead
