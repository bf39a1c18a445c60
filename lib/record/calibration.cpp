#include "record/calibration.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "record/registry.h"
#include "ringtail/record/scope.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kBurst = 256;  // spans; a ring of them stays in the second-level cache
constexpr std::size_t kBursts = 15;  // the figure is their median
constexpr std::uint16_t kRun = 1;
constexpr std::uint32_t kRarely = std::uint32_t{1} << 30U;

template <class Between>
double median_burst_ns(Recorder& recorder, Between between) {
  const std::array<std::uint64_t, 4> dims{32, 3, 224, 224};
  std::array<double, kBursts> bursts{};
  for (double& ns : bursts) {
    between();
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < kBurst; ++i) {
      Scope scope(recorder, OpId{}, DeviceId{}, {Dims(dims), Dims(dims)}, Dims(dims));
      asm volatile("" ::: "memory");  // the operation: nothing that the compiler can see through
    }
    ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / kBurst;
  }
  std::ranges::nth_element(bursts, bursts.begin() + kBursts / 2);
  return bursts[kBursts / 2];
}

}  // namespace

RecordingCosts calibrate(Clock clock) {
  const auto registry = std::make_shared<Registry>(clock, RegistryLimits{.ring_entries = kBurst,
                                                                         .max_rings = 1,
                                                                         .fold_cells = 8,
                                                                         .max_ops = 2,
                                                                         .max_devices = 2,
                                                                         .max_signatures = 2,
                                                                         .max_threads = 2});
  Lane* const lane = registry->lease("calibration", Registry::WithoutRing::kAccept);
  if (lane == nullptr) return {};
  Recorder recorder(lane, registry);
  registry->set_recording(true, kRun);
  const auto empty_ring = [lane] { lane->ring.consume_all([](const RingSlot&) {}); };
  const auto nothing = [] {};

  RecordingCosts costs;
  costs.recorded_ns = median_burst_ns(recorder, empty_ring);
  costs.folded_ns = median_burst_ns(recorder, nothing);
  registry->set_rule(Category::kOp, {.one_in = kRarely});
  costs.sampled_out_ns = median_burst_ns(recorder, empty_ring);
  return costs;
}

}  // namespace ringtail::inline v1
