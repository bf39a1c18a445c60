// ringtail/record/recorder.h
//
// One thread's way to record: a lease on a lane of a session. Take one per thread (Session::recorder), keep it as
// long as the thread works, use it from that thread only; or let Session::this_thread() find it.
//
//     Recorder recorder = session.recorder("worker 0");
//     recorder.step(17);
//     { const Scope scope(recorder, kMatmul, gpu0); multiply(); }                      // see scope.h
//     recorder.complete(kCopy, gpu0, CompleteSpan<Nanoseconds>{begun, finished});  // what a device did
//
// Requires  Ids are of the recorder's own session; others are recorded as "(unknown)".
// Errors    No call throws or fails. While the session does not record, or for a recorder that was moved from, calls
//           do nothing. A full ring folds the span into exact totals (see fold_table.h), after a wait where
//           SessionOptions::max_block says so.
// Threads   One at a time. The session may be stopped or destroyed at any moment by another thread.
// Signals   A handler may record into the recorder of the thread it interrupts, by ids that are known (OpId,
//           DeviceId, InternedShapes): a string or shapes would be looked up where the thread may hold the lock. What
//           it records while it interrupts a recording call gets no place on the timeline (nested.h). errno stays
//           as it is.
// Fork      A child's recorders are silent; Session::restart_in_child() begins anew.
// Cost      With recording off: one load and a branch. Names and shapes that this thread has named before: no
//           allocation, no system call, no lock. New ones, and names beyond the bounds of the session's tables, take
//           the session's mutex.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "ringtail/base/clock.h"
#include "ringtail/base/ids.h"
#include "ringtail/record/lane.h"
#include "ringtail/record/shape_view.h"

namespace ringtail::inline v1 {

// A span whose times are known: for work that a device finishes after the call that started it returned.
template <class Time>
struct CompleteSpan {
  Time begin{};
  Time end{};  // before begin: recorded with duration 0 and counted in TraceThread::clock_steps
  InternedShapes shapes{};
};

class ThreadLeases;
struct RecordingCosts;

class Recorder {
 public:
  // Records nothing.
  Recorder() = default;
  Recorder(Recorder&& other) noexcept;
  Recorder& operator=(Recorder&& other) noexcept;
  ~Recorder();

  // The step that spans ending from now on belong to.
  void step(std::uint64_t number) noexcept {
    if (lane_ != nullptr) lane_->step = number;
  }

  // True when a span of some category that ends now would be recorded.
  [[nodiscard]] bool recording() const noexcept { return switches().any(); }

  // Ids of names and shapes in this session. Names are copied.
  [[nodiscard]] OpId op(std::string_view name, Category category = Category::kOp) noexcept {
    return in_category(OpId{lane_ != nullptr ? lane_->op_names.id_of(name) : 0}, category);
  }
  [[nodiscard]] DeviceId device(std::string_view name) noexcept {
    return lane_ != nullptr ? DeviceId{lane_->device_names.id_of(name)} : kNoDevice;
  }
  // `op` only says where to look first: the shapes that this op had last.
  [[nodiscard]] InternedShapes shapes(OpId op, ShapeViews inputs, ShapeView output,
                                      std::uint32_t element_bytes = kDefaultElementBytes) noexcept {
    return lane_ != nullptr ? lane_->shapes.intern(op, inputs, output.dims(), element_bytes) : InternedShapes{};
  }

  // This session's clock, now.
  [[nodiscard]] Ticks now() const noexcept { return lane_ != nullptr ? lane_->clock.now() : Ticks{}; }

  // Records a whole span. Times as ticks of now(), or as nanoseconds of CLOCK_MONOTONIC (what steady_clock counts on
  // Linux; the manual clock's own nanoseconds where the session has one).
  void complete(OpId op, DeviceId device, const CompleteSpan<Ticks>& span) noexcept {
    if (Switches on = switches(); on.records(op)) {
      complete(on, op, device, span.begin.value, span.end.value, span.shapes, 0);
    }
  }
  void complete(OpId op, DeviceId device, const CompleteSpan<Nanoseconds>& span) noexcept {
    if (Switches on = switches(); on.records(op)) {
      complete(on, op, device, ordered(span.begin.count()), ordered(span.end.count()), span.shapes,
               kTimesAreNanoseconds);
    }
  }

  // Spans of this recorder that ended while the session recorded, since its last start. Exact on the recording
  // thread.
  [[nodiscard]] std::uint64_t attempted() const noexcept {
    if (lane_ == nullptr) return 0;
    const std::uint16_t run = switches().run();
    return InRun::count_of(lane_->attempted.load(std::memory_order_relaxed), run) + lane_->nested.count(run);  // own
  }

 private:
  friend class Scope;
  friend class Chain;
  friend class Task;
  friend class Session;
  friend class ThreadLeases;
  friend RecordingCosts calibrate(Clock);

  Recorder(Lane* lane, std::shared_ptr<Registry> keep_alive) noexcept
      : switch_word_(lane != nullptr ? &lane->switch_word : &kSilent),
        lane_(lane),
        keep_alive_(std::move(keep_alive)) {}

  [[nodiscard]] Switches switches() const noexcept {
    // Relaxed: a span more or less at the moment of switching is all that depends on it.
    return Switches(switch_word_->load(std::memory_order_relaxed));
  }

  void complete(Switches on, OpId op, DeviceId device, std::uint64_t begin, std::uint64_t end, InternedShapes shapes,
                std::uint16_t flags) noexcept {
    if (on.samples(op)) [[unlikely]] {
      const std::uint16_t weight = lane_->sample(op, on.run());
      if (weight == Lane::kSampledOut) return;
      flags |= weight;
    }
    lane_->close(begin, end, 0, shapes, op, device,
                 lane_->open_depth.load(std::memory_order_relaxed),  // own counter
                 flags);
  }
  void release() noexcept;
  // The session is gone and no scope is open.
  [[nodiscard]] bool is_of_the_past() const noexcept;

  static constexpr std::atomic<std::uint64_t> kSilent{0};  // what is recorded without a lane

  const std::atomic<std::uint64_t>* switch_word_ = &kSilent;
  Lane* lane_ = nullptr;
  std::shared_ptr<Registry> keep_alive_;  // the lane belongs to the registry, which may outlive its session
};

}  // namespace ringtail::inline v1
