#include "ringtail/trace/trace_recorder.h"

#include <utility>

namespace ringtail::inline v1 {

void TraceRecorder::begin_op(std::string op) {
  end_op();
  running_ = Running{std::move(op), clock_.pair().monotonic};
}

void TraceRecorder::end_op_with_shapes(std::vector<Shape> inputs, Shape output, std::uint32_t element_bytes) {
  if (!running_) return;
  const Nanoseconds duration = clock_.pair().monotonic - running_->begin;
  trace_.add(make_entry(step_, std::move(running_->op))
                 .with_input_shapes(std::move(inputs))
                 .with_output_shape(std::move(output), element_bytes)
                 .with_duration(duration));
  running_.reset();
  ++step_;
}

Trace TraceRecorder::finish() && {
  end_op();
  return std::move(trace_);
}

}  // namespace ringtail::inline v1
