// ringtail/trace/trace_recorder.h
//
// The reference's recorder: one thread, one running operation, straight into a Trace. For tools and tests
// that want no session; programs with threads use Session and Recorder.
//
//     TraceRecorder recorder;
//     recorder.begin_op("matmul");
//     recorder.end_op_with_shapes({{2, 3}, {3, 4}}, {2, 4});
//     const Trace trace = std::move(recorder).finish();
//
// Steps count the operations from 0. Threads: one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ringtail/base/clock.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

class TraceRecorder {
 public:
  explicit TraceRecorder(Clock clock = Clock::monotonic()) : clock_(clock) {}

  // Ends the running operation, if any, without shapes.
  void begin_op(std::string op);

  // Both do nothing without a running operation. end_op() gives empty shapes, so one element and 8 bytes.
  void end_op_with_shapes(std::vector<Shape> inputs, Shape output,
                          std::uint32_t element_bytes = kDefaultElementBytes);
  void end_op() { end_op_with_shapes({}, {}); }

  // What was recorded so far, without the running operation.
  [[nodiscard]] const Trace& current_trace() const noexcept { return trace_; }

  // Ends the running operation, if any, and gives the trace away.
  [[nodiscard]] Trace finish() &&;

 private:
  struct Running {
    std::string op;
    Nanoseconds begin{0};
  };

  Clock clock_;
  Trace trace_;
  std::uint64_t step_ = 0;
  std::optional<Running> running_;
};

}  // namespace ringtail::inline v1
