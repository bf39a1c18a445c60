// A user's program: touches a header and a source of every stage, so that the package must have both.
#include <chrono>
#include <cstdio>
#include <thread>

#include "ringtail/base/clock.h"
#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "ringtail/trace/trace_recorder.h"

using namespace std::chrono_literals;

namespace {

bool records_alone() {
  ringtail::ManualClock time;
  ringtail::TraceRecorder recorder(ringtail::Clock::manual(time));
  recorder.begin_op("matmul");
  time.advance(5us);
  recorder.end_op_with_shapes({{2, 3}, {3, 4}}, {2, 4});
  const ringtail::Trace trace = std::move(recorder).finish();
  return trace.size() == 1 && trace.total_duration_us == 5.0 && trace.total_memory_bytes() == 64;
}

bool records_with_threads() {
  ringtail::Session session;
  if (!session.start().ok()) return false;
  std::thread worker([&] {
    ringtail::Recorder recorder = session.recorder("worker");
    RINGTAIL_SCOPE(recorder, "matmul", session.device("gpu:0"), {{2, 3}, {3, 4}}, {2, 4});
  });
  worker.join();
  const ringtail::Trace trace = session.take_trace();
  return trace.size() == 1 && trace.complete() && trace[0].memory_bytes() == 64;
}

}  // namespace

int main() {
  if (!records_alone() || !records_with_threads()) {
    std::fputs("consumer: the trace is not what was recorded\n", stderr);
    return 1;
  }
  std::puts("recorded alone and with threads");
  return 0;
}
