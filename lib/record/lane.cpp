#include "ringtail/record/lane.h"

#include "record/basic_lane.h"
#include "record/registry.h"
#include "record/splitmix.h"

namespace ringtail::inline v1 {

template struct BasicLane<StdAtomics, boost::lockfree::spsc_queue<RingSlot>>;

namespace {

// Not 0, and unlike that of any other lane: its number in this process, spread so that even first draws are fair.
std::uint64_t seed_of(std::uint64_t salt) noexcept {
  static std::atomic<std::uint64_t> lanes{0};
  const std::uint64_t number = lanes.fetch_add(1, std::memory_order_relaxed) + 1;  // distinct
  return splitmix(salt + kSplitmixStep * number) | 1U;
}

}  // namespace

Lane::Lane(Registry& owner, Clock session_clock, std::size_t entries, std::size_t fold_cells)
    : LaneParts(owner, session_clock, entries, fold_cells,
                seed_of(session_clock.now().value ^ reinterpret_cast<std::uintptr_t>(this))),
      shapes(owner),
      op_names(owner, &Registry::intern_op),
      device_names(owner, &Registry::intern_device) {
  // Writing every slot once takes the page faults here, off the recording thread's first thousands of spans.
  while (ring.push(RingSlot{})) {
  }
  ring.reset();
}

}  // namespace ringtail::inline v1
