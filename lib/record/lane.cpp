#include "ringtail/record/lane.h"

#include "record/registry.h"

namespace ringtail {

Lane::Lane(Registry& owner, Clock session_clock, std::size_t entries, std::size_t fold_cells)
    : clock(session_clock),
      registry(owner),
      ring_entries(entries),
      shapes(owner),
      op_names(owner, &Registry::intern_op),
      device_names(owner, &Registry::intern_device),
      folds(fold_cells),
      ring(entries) {
  // Writing every slot once takes the page faults here, off the recording thread's first thousands of spans.
  while (ring.push(RingSlot{})) {
  }
  ring.reset();
}

void Lane::fold(const RingSlot& slot) noexcept {
  const Record record = unpack(slot);
  const std::uint16_t of_attempt = InRun::run_of(record.sequence);
  folds.fold(record, of_attempt);
  if (record.shapes == kDroppedShapes) count(shapes_dropped, of_attempt);
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
