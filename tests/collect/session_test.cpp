#include "ringtail/collect/session.h"

#include <gtest/gtest.h>

#include "ringtail/record/scope.h"

namespace ringtail {
namespace {

using namespace std::chrono_literals;

TEST(Session, TurnsAScopeIntoATraceEntry) {
  ManualClock time(1s);
  Session session({.collector_thread = false, .clock = Clock::manual(time)});
  const OpId matmul = session.op("matmul");
  const DeviceId gpu0 = session.device("gpu:0");
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("worker 0");
  recorder.step(17);
  time.advance(5us);
  {
    const Scope outer(recorder, "layer");
    time.advance(1us);
    const Scope scope(recorder, matmul, gpu0, {{2, 3}, {3, 4}}, {2, 4}, 4);
    time.advance(121ns);
  }
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 2U);
  TraceEntry expected = make_entry(17, "matmul")
                            .with_device("gpu:0")
                            .with_input_shapes({{2, 3}, {3, 4}})
                            .with_output_shape({2, 4}, 4);
  expected = std::move(expected).with_duration(121ns);
  expected.begin = 6us;
  expected.thread = ThreadId{0};
  expected.depth = 1;
  EXPECT_EQ(trace[1].to_entry(), expected);
  EXPECT_EQ(trace[0].operation(), "layer");
  EXPECT_EQ(trace[0].duration_us(), to_microseconds(1121ns));
  ASSERT_EQ(trace.threads.size(), 1U);
  EXPECT_EQ(trace.threads[0].name, "worker 0");
  EXPECT_EQ(trace.threads[0].attempted, 2U);
  EXPECT_EQ(trace.threads[0].recorded, 2U);
}

}  // namespace
}  // namespace ringtail
