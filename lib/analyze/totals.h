// Sums per op or per device in one pass: arrays indexed by id, names only afterwards.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail {

struct Totals {
  std::uint64_t count = 0;
  double duration_us = 0.0;
  std::uint64_t bytes = 0;  // saturated

  void add(std::uint64_t spans, double us, std::uint64_t memory) {
    count += spans;
    duration_us += us;
    bytes = saturating_add(bytes, memory);
  }
};

// One element per id below `names`, rows first and folded totals after them; an id that no span has counts 0.
// Spans whose id is not below `names` (no device) are left out.
template <class Id>
[[nodiscard]] std::vector<Totals> totals_by(const Trace& trace, const Column<Id>& column, Id FoldedTotal::*id,
                                            std::uint32_t names) {
  // The element past the end takes what names nothing, so the loop has no branch for it.
  std::vector<Totals> totals(std::size_t{names} + 1);
  const auto of = [&](Id key) -> Totals& { return totals[std::min(index_of(key), names)]; };
  const Column<double>& duration_us = trace.columns().duration_us;
  for (std::size_t row = 0; row < trace.size(); ++row)
    of(column[row]).add(1, duration_us[row], trace.memory_bytes(row));
  for (const FoldedTotal& total : trace.folded) {
    of(total.*id).add(total.count, to_microseconds(total.duration), total.bytes);
  }
  totals.pop_back();
  return totals;
}

[[nodiscard]] inline std::vector<Totals> totals_by_op(const Trace& trace) {
  return totals_by(trace, trace.columns().op, &FoldedTotal::op, trace.op_names().size());
}

[[nodiscard]] inline std::vector<Totals> totals_by_device(const Trace& trace) {
  return totals_by(trace, trace.columns().device, &FoldedTotal::device, trace.device_names().size());
}

}  // namespace ringtail
