// A user's program: touches a header and a source of every stage, so that the package must have both.
#include <chrono>
#include <cstdio>

#include "ringtail/base/clock.h"
#include "ringtail/trace/trace_recorder.h"

using namespace std::chrono_literals;

int main() {
  ringtail::ManualClock time;
  ringtail::TraceRecorder recorder(ringtail::Clock::manual(time));
  recorder.begin_op("matmul");
  time.advance(5us);
  recorder.end_op_with_shapes({{2, 3}, {3, 4}}, {2, 4});
  const ringtail::Trace trace = std::move(recorder).finish();
  if (trace.size() != 1 || trace.total_duration_us != 5.0 || trace.total_memory_bytes() != 64) {
    std::fputs("consumer: the trace is not what was recorded\n", stderr);
    return 1;
  }
  std::printf("%zu operation, %g us\n", trace.size(), trace.total_duration_us);
  return 0;
}
