#include "ringtail/record/lane.h"

namespace ringtail {

Lane::Lane(Registry& owner, Clock session_clock, std::size_t ring_entries, std::size_t fold_cells)
    : clock(session_clock),
      registry(owner),
      has_ring(ring_entries > 0),
      shapes(owner),
      names(owner),
      folds(fold_cells),
      ring(ring_entries) {
  // Writing every slot once takes the page faults here, off the recording thread's first thousands of spans.
  while (ring.push(RingSlot{})) {
  }
  ring.reset();
}

void Lane::fold(const RingSlot& slot) noexcept {
  const Record record = unpack(slot);
  static_cast<void>(recording.load(std::memory_order_acquire));  // L8 <- L7: `run` is of the run that is recording
  folds.fold(record, run.load(std::memory_order_relaxed));       // ordered by the line above
  if (record.shapes == kDroppedShapes) {
    shapes_dropped.store(shapes_dropped.load(std::memory_order_relaxed) + 1,
                         std::memory_order_relaxed);  // own counter
  }
}

void Lane::reset() {
  ring.consume_all([](const RingSlot&) {});
  folds.clear();
  attempted.store(0, std::memory_order_relaxed);  // this and all below: published by L3
  shapes_dropped.store(0, std::memory_order_relaxed);
  clock_steps.store(0, std::memory_order_relaxed);
  open_depth.store(0, std::memory_order_relaxed);
  step = 0;
}

}  // namespace ringtail
