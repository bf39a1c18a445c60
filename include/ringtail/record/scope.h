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
// Errors    Nothing throws, or blocks but as SessionOptions::max_block says; nothing allocates once names and shapes
//           were seen (recorder.h says what else). A full ring folds the span into exact totals. A scope left by an
//           exception is recorded like any other.
// Signals   A handler may make scopes by ids on its thread's recorder; see recorder.h. A scope left by longjmp is not
//           recorded, and those around it have the right depth. For a span that changes threads: task.h.
// Sampling  A span that is sampled out is decided so when it begins: no clock is read, no shape looked up. Its
//           children are sampled on their own, and count as if it were not there.
// Cost      Off: one load and a branch. On: about two clock reads (benchmarks/README.md). RINGTAIL_SCOPE in a source
//           that is compiled with RINGTAIL_COMPILED_OUT defined: nothing; its arguments are not evaluated.
// Exit      Recorded if the session records when it begins and when it ends, also if it was stopped and started again
//           meanwhile: then it is of the later trace, with a begin before its origin.
#pragma once

#include <cstdint>
#include <string_view>

#include "ringtail/record/recorder.h"

namespace ringtail::inline v1 {

// Members other than lane_ have no value in a scope that records nothing, and are then not read: what the compiler
// cannot see where the operation in between is not inlined.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

class Scope {
 public:
  [[gnu::always_inline]] explicit Scope(Recorder& recorder, OpId op, DeviceId device = kNoDevice,
                                        InternedShapes shapes = {}) noexcept {
    if (Lane* lane = decide(recorder, op)) begin(*lane, op, device, shapes);
  }

  [[gnu::always_inline]] Scope(Recorder& recorder, OpId op, DeviceId device, ShapeViews inputs, ShapeView output,
                               std::uint32_t element_bytes = kDefaultElementBytes) noexcept {
    if (Lane* lane = decide(recorder, op)) {
      begin(*lane, op, device, lane->shapes.intern(op, inputs, output.dims(), element_bytes));
    }
  }

  [[gnu::always_inline]] explicit Scope(Recorder& recorder, std::string_view op, DeviceId device = kNoDevice,
                                        InternedShapes shapes = {}) noexcept {
    if (Lane* lane = decide(recorder, OpId{})) begin(*lane, id_of(*lane, op), device, shapes);
  }

  [[gnu::always_inline]] Scope(Recorder& recorder, std::string_view op, DeviceId device, ShapeViews inputs,
                               ShapeView output, std::uint32_t element_bytes = kDefaultElementBytes) noexcept {
    if (Lane* lane = decide(recorder, OpId{})) {
      const OpId id = id_of(*lane, op);
      begin(*lane, id, device, lane->shapes.intern(id, inputs, output.dims(), element_bytes));
    }
  }

  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  [[gnu::always_inline]] ~Scope() {
    if (lane_ == nullptr) return;
    Ticks end = lane_->clock.now();
    lane_->end_span(depth_);
    lane_->close(begin_, end.value, queued_, {shapes_, bytes_}, op_, device_, depth_,
                 static_cast<std::uint16_t>(flags_));
  }

  // The shapes of the operation; the last call counts.
  void shapes(ShapeViews inputs, ShapeView output, std::uint32_t element_bytes = kDefaultElementBytes) noexcept {
    if (lane_ != nullptr) shapes(lane_->shapes.intern(op_, inputs, output.dims(), element_bytes));
  }
  void shapes(InternedShapes interned) noexcept {
    shapes_ = interned.id;
    bytes_ = interned.bytes;
  }

  // The memory that the operation takes, where the output shape does not say it. Overrides what the shapes
  // give.
  void bytes(std::uint64_t count) noexcept { bytes_ = count; }

  // When the work was handed in, for tasks that waited in a queue before they ran. Ticks of Recorder::now.
  void queued_at(Ticks submitted) noexcept {
    if (lane_ == nullptr) return;
    queued_ = submitted.value;
    flags_ |= kWasQueued;
  }

 private:
  // An op of kOp, whatever the table says: its number, or that there was no memory for one.
  [[gnu::always_inline]] static OpId id_of(Lane& lane, std::string_view op) noexcept {
    return in_category(OpId{lane.op_names.id_of(op)}, Category::kOp);
  }

  // The lane that records this span, or null. What the span needs is looked up only then.
  [[gnu::always_inline]] Lane* decide(Recorder& recorder, OpId op) noexcept {
    Switches on = recorder.switches();
    if (!on.records(op)) return nullptr;
    flags_ = 0;
    if (on.samples(op)) [[unlikely]] {
      flags_ = recorder.lane_->sample(op, on.run());
      if (flags_ == Lane::kSampledOut) return nullptr;
    }
    return recorder.lane_;
  }

  [[gnu::always_inline]] void begin(Lane& lane, OpId op, DeviceId device, InternedShapes shapes) noexcept {
    lane_ = &lane;
    op_ = op;
    device_ = device;
    shapes_ = shapes.id;
    bytes_ = shapes.bytes;
    queued_ = 0;
    Ticks now = lane.clock.now();
    begin_ = now.value;
    depth_ = lane.begin_span(op, device, now);
  }

  // The others have a value only where it is not null, so that a scope that records nothing sets nothing else.
  // Mutable for g++ 12, which keeps an object declared const in memory instead of in registers.
  mutable Lane* lane_ = nullptr;
  std::uint64_t begin_;
  std::uint64_t queued_;
  std::uint64_t bytes_;
  ShapesId shapes_;
  OpId op_;
  DeviceId device_;
  std::uint32_t depth_;
  std::uint32_t flags_;  // 32 bits, as padding at the end would have the same effect as const
  [[maybe_unused]] std::uint32_t unused_;
};

#pragma GCC diagnostic pop

#define RINGTAIL_SCOPE_NAME_2(line) ringtail_scope_##line
#define RINGTAIL_SCOPE_NAME(line) RINGTAIL_SCOPE_NAME_2(line)

// A Scope for the rest of the block, with a name that nobody has to think of.
#if defined(RINGTAIL_COMPILED_OUT)
#define RINGTAIL_SCOPE(...) static_cast<void>(sizeof(::ringtail::Scope(__VA_ARGS__)))  // never evaluated
#else
#define RINGTAIL_SCOPE(...) const ::ringtail::Scope RINGTAIL_SCOPE_NAME(__LINE__)(__VA_ARGS__)
#endif

}  // namespace ringtail::inline v1
