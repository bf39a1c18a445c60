#include "ringtail/analyze/straggler.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "analyze/totals.h"
#include "ringtail/analyze/communication.h"

namespace ringtail::inline v1 {
namespace {

struct Times {
  double compute_us = 0.0;
  double compute_variance = 0.0;  // of that sum, where spans were sampled: w (w - 1) d^2 for each that was kept
  double communication_us = 0.0;
};

// Requires: !values.empty().
double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

}  // namespace

std::optional<ComputeComparison> compare_compute(const Trace& trace) {
  std::vector<bool> communicates;
  for (std::uint32_t id = 0; id < trace.op_names().size(); ++id) {
    communicates.push_back(is_communication(trace.op_names().at(id)));
  }
  std::map<std::string_view, Times> by_device;
  const auto add = [&](OpId op, DeviceId device, double duration_us) {
    const auto name = trace.device(device);
    if (!name) return;
    Times& times = by_device[*name];
    (communicates[index_of(op)] ? times.communication_us : times.compute_us) += duration_us;
  };
  const auto add_variance = [&](OpId op, DeviceId device, double duration_us, double weight) {
    const auto name = trace.device(device);
    if (!name || communicates[index_of(op)]) return;
    by_device[*name].compute_variance += weight * (weight - 1) * duration_us * duration_us;
  };
  const Trace::Columns& columns = trace.columns();
  visit_rows(trace, [&](std::size_t row, auto weight) {
    add(columns.op[row], columns.device[row], columns.duration_us[row] * weight);
    if (weight > 1) add_variance(columns.op[row], columns.device[row], columns.duration_us[row], weight);
  });
  for (const FoldedTotal& total : trace.folded) add(total.op, total.device, to_microseconds(total.duration));
  if (by_device.size() < 2) return std::nullopt;

  const auto longest =
      std::ranges::max_element(by_device, {}, [](const auto& device) { return device.second.compute_us; });
  std::vector<double> compute;
  std::vector<double> communication;
  double others_variance = 0.0;  // the largest: the median of the others is no less certain
  for (auto device = by_device.begin(); device != by_device.end(); ++device) {
    if (device == longest) continue;
    compute.push_back(device->second.compute_us);
    others_variance = std::max(others_variance, device->second.compute_variance);
    communication.push_back(device->second.communication_us);
  }
  ComputeComparison found;
  found.device = std::string(longest->first);
  found.compute_us = longest->second.compute_us;
  found.communication_us = longest->second.communication_us;
  found.others_compute_us = median(std::move(compute));
  found.others_communication_us = median(std::move(communication));
  if (!(found.others_compute_us > 0.0)) return std::nullopt;
  found.times = found.compute_us / found.others_compute_us;
  const double error =
      std::sqrt(longest->second.compute_variance + kStragglerTimes * kStragglerTimes * others_variance);
  const double excess = found.compute_us - kStragglerTimes * found.others_compute_us;
  found.is_straggler = found.times >= kStragglerTimes && (error == 0.0 || excess >= kStragglerErrors * error);
  return found;
}

}  // namespace ringtail::inline v1
