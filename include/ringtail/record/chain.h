// ringtail/record/chain.h
//
// Spans without a gap between them: each begins at the tick at which the one before ends, so one clock read does for
// both.
//
//     Chain chain(recorder);
//     for (const Layer& layer : layers) {
//       chain.next(layer.op, gpu0, layer.shapes);
//       layer.run();
//     }                                                    // the destructor ends the last one
//
// For phases that follow each other on one thread: layers of a model, stages of a pipeline, states of a machine.
//
// Shapes    Looked up before the tick is taken, and before it is drawn whether the span is kept: that time is the
//           previous span's.
// Nesting   Scopes within a span of the chain nest in it; next() comes after they have ended.
// Requires  The recorder outlives the chain.
// Errors    As Scope. A span of a category that is switched off or sampled out leaves a hole of its length: the next
//           one begins when it is announced.
// Threads   The recorder's.
// Cost      About one clock read per span (benchmarks/README.md).
#pragma once

#include <cstdint>

#include "ringtail/record/recorder.h"

namespace ringtail::inline v1 {

class Chain {
 public:
  explicit Chain(Recorder& recorder) noexcept : recorder_(recorder) {}
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  ~Chain() { end(); }

  // Ends the span in progress, if any, and begins the next.
  [[gnu::always_inline]] void next(OpId op, DeviceId device = kNoDevice, InternedShapes shapes = {}) noexcept {
    Switches on = recorder_.switches();
    if (lane_ == nullptr && !on.records(op)) return;
    Lane& lane = lane_ != nullptr ? *lane_ : *recorder_.lane_;
    Ticks now = lane.clock.now();
    if (lane_ != nullptr) close(now);
    lane_ = nullptr;
    if (on.records(op)) begin(lane, on, now, op, device, shapes);
  }

  [[gnu::always_inline]] void next(OpId op, DeviceId device, ShapeViews inputs, ShapeView output,
                                   std::uint32_t element_bytes = kDefaultElementBytes) noexcept {
    InternedShapes shapes;
    if (Switches on = recorder_.switches(); on.records(op)) {
      shapes = recorder_.lane_->shapes.intern(op, inputs, output.dims(), element_bytes);
    }
    next(op, device, shapes);
  }

  // Ends the span in progress; nothing is in progress then.
  void end() noexcept {
    if (lane_ == nullptr) return;
    close(lane_->clock.now());
    lane_ = nullptr;
  }

 private:
  [[gnu::always_inline]] void begin(Lane& lane, Switches on, Ticks now, OpId op, DeviceId device,
                                    InternedShapes shapes) noexcept {
    flags_ = 0;
    if (on.samples(op)) [[unlikely]] {
      flags_ = lane.sample(op, on.run());
      if (flags_ == Lane::kSampledOut) return;
    }
    lane_ = &lane;
    begin_ = now;
    shapes_ = shapes;
    op_ = op;
    device_ = device;
    depth_ = lane.begin_span(op, device, now);
  }

  [[gnu::always_inline]] void close(Ticks end) noexcept {
    lane_->end_span(depth_);
    lane_->close(begin_.value, end.value, 0, shapes_, op_, device_, depth_, flags_);
  }

  Recorder& recorder_;
  Lane* lane_ = nullptr;  // null: no span is in progress
  Ticks begin_;
  InternedShapes shapes_;
  OpId op_{};
  DeviceId device_ = kNoDevice;
  std::uint32_t depth_ = 0;
  std::uint16_t flags_ = 0;
};

}  // namespace ringtail::inline v1
