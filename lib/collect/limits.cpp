#include "collect/limits.h"

#include "ringtail/trace/signatures.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kMostRingEntries = std::size_t{1} << 26U;
constexpr std::size_t kMostFoldCells = std::size_t{1} << 20U;

std::size_t most_memory(const SessionOptions& options) {
  if (options.max_memory != 0) return options.max_memory;
  constexpr std::size_t kSpanBytes = 24;
  constexpr std::size_t kRest = std::size_t{256} << 20U;
  const std::size_t lane =
      lane_bytes(std::min(options.ring_entries, kMostRingEntries), std::min(options.fold_cells, kMostFoldCells));
  return saturating_add(kRest, saturating_add(saturating_multiply(options.max_rings, lane),
                                              saturating_multiply(options.max_spans, kSpanBytes)));
}

}  // namespace

RegistryLimits limits_of(const SessionOptions& options) {
  constexpr std::uint32_t kMostNames = kOpMask;
  return {.ring_entries = std::min(options.ring_entries, kMostRingEntries),
          .max_rings = options.ring_entries == 0 ? 0 : options.max_rings,
          .fold_cells = std::min(options.fold_cells, kMostFoldCells),
          .max_ops = std::clamp(options.max_ops, 1U, kMostNames),
          .max_devices = std::clamp(options.max_devices, 1U, kMostNames),
          .max_signatures = std::min(options.max_signatures, kMostNames),
          .max_threads = std::clamp(options.max_threads, 1U, kMostNames),
          .longest_wait = in_range(options.max_block),
          .max_memory = most_memory(options),
          .copies = options.sink ? 2U : 1U};  // a sink's batches have tables of their own
}

}  // namespace ringtail::inline v1
