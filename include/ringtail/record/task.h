// ringtail/record/task.h
//
// A span that may end on another thread than it began on: a coroutine that is resumed elsewhere, a request that
// goes from pool to pool, work that a callback completes.
//
//     Task task(recorder, kDecode, gpu0);     // begins, on the thread of `recorder`
//     co_await pool.schedule();               // goes on somewhere else
//     task.end(session.this_thread());        // ends, and is recorded, by the thread that is there now
//
// A Scope belongs to its thread: held over a suspension it would write into another thread's lane.
//
// Shape     A value: move or copy it where the work goes; end it once.
// Nesting   None: it is in no thread's stack of open spans, and its depth is that of what is open where it ends.
// Row       Of the thread that ends it. The begin is a tick of the session's one clock, so it may lie before that
//           thread's other spans.
// Errors    One that never ends is not recorded. Ending it twice records it twice.
// Requires  Both recorders are of one session.
// Cost      As Scope without its stack: off, one load and a branch.
#pragma once

#include "ringtail/record/recorder.h"

namespace ringtail::inline v1 {

class Task {
 public:
  // Records nothing.
  Task() = default;

  Task(Recorder& recorder, OpId op, DeviceId device = kNoDevice, InternedShapes shapes = {}) noexcept {
    Switches on = recorder.switches();
    if (!on.records(op)) return;
    if (on.samples(op)) [[unlikely]] {
      flags_ = recorder.lane_->sample(op, on.run());
      if (flags_ == Lane::kSampledOut) return;
    }
    op_ = op;
    device_ = device;
    shapes_ = shapes;
    begin_ = recorder.now();
    recorded_ = true;
  }

  // Known only now; the last call counts.
  void shapes(InternedShapes interned) noexcept { shapes_ = interned; }

  // By the thread that `recorder` belongs to.
  void end(Recorder& recorder) const noexcept {
    if (!recorded_ || !recorder.recording()) return;
    Lane& lane = *recorder.lane_;
    const Ticks end = lane.clock.now();
    lane.close(begin_.value, end.value, 0, shapes_, op_, device_,
               lane.open_depth.load(std::memory_order_relaxed),  // own counter
               flags_);
  }

 private:
  Ticks begin_{};
  InternedShapes shapes_{};
  OpId op_{};
  DeviceId device_ = kNoDevice;
  std::uint16_t flags_ = 0;
  bool recorded_ = false;
};

}  // namespace ringtail::inline v1
