// ringtail/record/scope.h
//
// A span as a C++ scope: begins where the Scope is made, ends where it is destroyed, by whatever way.
//
//     const Scope scope(recorder, kMatmul, gpu0);                              // op and device
//     const Scope scope(recorder, kMatmul, gpu0, {{m, k}, {k, n}}, {m, n}, 4);  // and shapes of 4-byte elements
//     Scope scope(recorder, "decode", gpu0);                                   // names work as well as ids
//     scope.shapes({{batch, 3}}, {batch, classes}, sizeof(float));             // shapes known only later
//     RINGTAIL_SCOPE(recorder, kMatmul, gpu0);                                 // when no name is needed
//
// Names     Copied when first seen; the caller's string may go away at once.
// Shapes    Looked up when given: before the begin time in the constructor, inside the span in shapes().
// Clock     The end is read first thing in the destructor. Two scopes that follow each other do not share a tick.
// Nesting   Scopes of one recorder nest; depth is recorded. A span on another thread needs that thread's recorder.
// Requires  The recorder outlives its scopes.
// Errors    Nothing throws or blocks; nothing allocates once names and shapes were seen (recorder.h says what else). A
//           full ring folds the span into exact totals. A scope left by an exception is recorded like any other.
// Cost      Off: one load and a branch. On: about two clock reads (benchmarks/README.md).
// Exit      Recorded if the session records when it begins and when it ends, also if it was stopped and started again
//           meanwhile: then it is of the later trace, with a begin before its origin.
#pragma once

#include <cstdint>
#include <string_view>

#include "ringtail/record/recorder.h"

namespace ringtail {

class Scope {
 public:
  explicit Scope(Recorder& recorder, OpId op, DeviceId device = kNoDevice, InternedShapes shapes = {}) noexcept {
    if (!recorder.recording()) return;
    lane_ = recorder.lane_;
    begin(op, device, shapes);
  }

  Scope(Recorder& recorder, OpId op, DeviceId device, ShapeViews inputs, ShapeView output,
        std::uint32_t element_bytes = kDefaultElementBytes) noexcept {
    if (!recorder.recording()) return;
    lane_ = recorder.lane_;
    begin(op, device, lane_->shapes.intern(op, inputs, output.dims(), element_bytes));
  }

  explicit Scope(Recorder& recorder, std::string_view op, DeviceId device = kNoDevice,
                 InternedShapes shapes = {}) noexcept {
    if (!recorder.recording()) return;
    lane_ = recorder.lane_;
    begin(OpId{lane_->op_names.id_of(op)}, device, shapes);
  }

  Scope(Recorder& recorder, std::string_view op, DeviceId device, ShapeViews inputs, ShapeView output,
        std::uint32_t element_bytes = kDefaultElementBytes) noexcept {
    if (!recorder.recording()) return;
    lane_ = recorder.lane_;
    const OpId id{lane_->op_names.id_of(op)};
    begin(id, device, lane_->shapes.intern(id, inputs, output.dims(), element_bytes));
  }

  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  ~Scope() {
    if (lane_ == nullptr) return;
    Record record;
    record.end = lane_->clock.now().value;
    record.begin = begin_.value;
    record.queued = queued_.value;
    record.bytes = shapes_.bytes;
    record.op = op_;
    record.device = device_;
    record.shapes = shapes_.id;
    record.depth = saturated(depth_);
    record.flags = flags_;
    lane_->end_span(depth_);
    // Relaxed: a span more or less at the moment of switching is all that depends on it.
    if (lane_->recording.load(std::memory_order_relaxed)) lane_->close(record);
  }

  // The shapes of the operation; the last call counts.
  void shapes(ShapeViews inputs, ShapeView output, std::uint32_t element_bytes = kDefaultElementBytes) noexcept {
    if (lane_ != nullptr) shapes_ = lane_->shapes.intern(op_, inputs, output.dims(), element_bytes);
  }
  void shapes(InternedShapes interned) noexcept { shapes_ = interned; }

  // The memory that the operation takes, where the output shape does not say it. Overrides what the shapes
  // give.
  void bytes(std::uint64_t count) noexcept { shapes_.bytes = count; }

  // When the work was handed in, for tasks that waited in a queue before they ran. Ticks of Recorder::now.
  void queued_at(Ticks submitted) noexcept {
    queued_ = submitted;
    flags_ |= kWasQueued;
  }

 private:
  void begin(OpId op, DeviceId device, InternedShapes shapes) noexcept {
    op_ = op;
    device_ = device;
    shapes_ = shapes;
    begin_ = lane_->clock.now();
    depth_ = lane_->begin_span(op, device, begin_);
  }

  Lane* lane_ = nullptr;  // null: not recording
  Ticks begin_;
  Ticks queued_;
  InternedShapes shapes_;
  OpId op_{};
  DeviceId device_ = kNoDevice;
  std::uint32_t depth_ = 0;
  std::uint16_t flags_ = 0;
};

#define RINGTAIL_SCOPE_NAME_2(line) ringtail_scope_##line
#define RINGTAIL_SCOPE_NAME(line) RINGTAIL_SCOPE_NAME_2(line)

// A Scope for the rest of the block, with a name that nobody has to think of.
#define RINGTAIL_SCOPE(...) const ::ringtail::Scope RINGTAIL_SCOPE_NAME(__LINE__)(__VA_ARGS__)

}  // namespace ringtail
