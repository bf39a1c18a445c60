// Sums per op or per device in one pass: arrays indexed by id, names only afterwards.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// Calls visit(row, weight) for every row. In a trace that was not sampled every weight is the constant 1, so that the
// loop over it neither looks weights up nor multiplies.
template <class Visit>
void visit_rows(const Trace& trace, Visit visit) {
  const auto& weight = trace.columns().weight;
  if (weight.empty()) {
    for (std::size_t row = 0; row < trace.size(); ++row) visit(row, std::integral_constant<std::uint32_t, 1>());
  } else {
    for (std::size_t row = 0; row < trace.size(); ++row) visit(row, weight.at(row));
  }
}

struct Totals {
  std::uint64_t count = 0;  // saturated
  double duration_us = 0.0;
  std::uint64_t bytes = 0;  // saturated

  // A row's count needs no saturation: below 2^32 each, and fewer than 2^32 rows fit in a machine.
  void add_row(std::uint32_t weight, double us, std::uint64_t memory) {
    count += weight;
    duration_us += us * weight;
    bytes = saturating_add(bytes, saturating_multiply(memory, weight));
  }

  void add(const FoldedTotal& total) {
    count = saturating_add(count, total.weight());
    duration_us += to_microseconds(total.duration);
    bytes = saturating_add(bytes, total.bytes);
  }
};

// One element per id below `names`, rows first and folded totals after them, each span as often as its weight says;
// an id that no span has counts 0. Spans whose id is not below `names` (no device) are left out.
template <class Id>
[[nodiscard]] std::vector<Totals> totals_by(const Trace& trace, const Column<Id>& column, Id FoldedTotal::*id,
                                            std::uint32_t names) {
  // The element past the end takes what names nothing, so the loop has no branch for it.
  std::vector<Totals> totals(std::size_t{names} + 1);
  const auto of = [&](Id key) -> Totals& { return totals[std::min(index_of(key), names)]; };
  const Column<double>& duration_us = trace.columns().duration_us;
  visit_rows(trace, [&](std::size_t row, auto weight) {
    of(column[row]).add_row(weight, duration_us[row], trace.memory_bytes(row));
  });
  for (const FoldedTotal& total : trace.folded) of(total.*id).add(total);
  totals.pop_back();
  return totals;
}

[[nodiscard]] inline std::vector<Totals> totals_by_op(const Trace& trace) {
  return totals_by(trace, trace.columns().op, &FoldedTotal::op, trace.op_names().size());
}

[[nodiscard]] inline std::vector<Totals> totals_by_device(const Trace& trace) {
  return totals_by(trace, trace.columns().device, &FoldedTotal::device, trace.device_names().size());
}

}  // namespace ringtail::inline v1
