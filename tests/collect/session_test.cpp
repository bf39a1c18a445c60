// One thread, a clock turned by hand, no collector thread: what a session makes of each thing that can be
// recorded.
#include "ringtail/collect/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "ringtail/record/scope.h"
#include "tests/collect/session_by_hand.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using SessionTest = SessionByHand;

TEST_F(SessionTest, TurnsAScopeIntoATraceEntry) {
  Session session(by_hand());
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
                            .with_output_shape({2, 4}, 4)
                            .with_duration(121ns);
  expected.begin = 6us;
  expected.thread = ThreadId{0};
  expected.depth = 1;
  EXPECT_EQ(trace[1].to_entry(), expected);
  EXPECT_EQ(trace[0].operation(), "layer");
  EXPECT_EQ(trace[0].duration_us(), to_microseconds(1121ns));
  EXPECT_EQ(trace.total_duration_us, to_microseconds(1121ns) + to_microseconds(121ns));
  ASSERT_EQ(trace.threads.size(), 1U);
  EXPECT_EQ(trace.threads[0].name, "worker 0");
  EXPECT_EQ(trace.threads[0].attempted, 2U);
  EXPECT_EQ(trace.threads[0].recorded, 2U);
  EXPECT_TRUE(trace.complete());
  EXPECT_EQ(trace.origin->monotonic, 1s);
}

TEST_F(SessionTest, TakesNamesBytesAndShapesGivenLate) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const std::vector<std::int64_t> sizes{2, 5};
  {
    std::string name = "decode";
    Scope scope(recorder, name);
    name = "gone!!";  // the name was copied
    scope.shapes({ShapeView(sizes)}, sizes, 2);
  }
  {
    Scope scope(recorder, "alloc", recorder.device("gpu:1"));
    scope.bytes(4096);
  }
  { RINGTAIL_SCOPE(recorder, "add", kNoDevice, session.shapes({{3}, {3}}, {3}, 4)); }
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 3U);
  EXPECT_EQ(trace[0].operation(), "decode");
  EXPECT_THAT(trace[0].output_shape(), ElementsAre(2, 5));
  EXPECT_EQ(trace[0].memory_bytes(), 20U);
  EXPECT_EQ(trace[1].device(), "gpu:1");
  EXPECT_EQ(trace[1].memory_bytes(), 4096U);
  EXPECT_EQ(trace[1].output_elements(), 0U);
  EXPECT_EQ(trace[2].memory_bytes(), 12U);
  EXPECT_EQ(trace[2].input_shapes().size(), 2U);
}

TEST_F(SessionTest, RecordsNothingBeforeStartAndAfterStop) {
  Session session(by_hand());
  Recorder recorder = session.recorder("w");
  EXPECT_FALSE(recorder.recording());
  span(recorder, "early", 1us);
  ASSERT_TRUE(session.start().ok());
  EXPECT_TRUE(session.recording());
  span(recorder, "on", 1us);
  EXPECT_TRUE(session.stop().ok());
  EXPECT_TRUE(session.stop().ok());
  EXPECT_FALSE(session.recording());
  span(recorder, "late", 1us);
  EXPECT_THAT(operations(session.take_trace()), ElementsAre("on"));
  EXPECT_TRUE(session.take_trace().empty());
}

TEST_F(SessionTest, LeavesOutWhatBeginsWhilePaused) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  span(recorder, "a", 1us);
  session.pause();
  span(recorder, "b", 1us);
  session.resume();
  span(recorder, "c", 1us);
  const Trace trace = session.take_trace();
  EXPECT_THAT(operations(trace), ElementsAre("a", "c"));
  EXPECT_EQ(trace.threads[0].attempted, 2U);
}

TEST_F(SessionTest, BeginsANewTraceAtEachStart) {
  Session session(by_hand({.ring_entries = 2}));
  Recorder recorder = session.recorder("kept");
  ASSERT_TRUE(session.start().ok());
  { const Recorder ended = session.recorder("ended"); }
  for (int i = 0; i < 5; ++i) span(recorder, "first", 10us);
  const Trace first = session.take_trace();
  EXPECT_EQ(first.threads[0].folded, 3U);
  time.advance(1s);
  ASSERT_TRUE(session.start().ok());
  for (int i = 0; i < 3; ++i) span(recorder, "second", 1us);
  const Trace second = session.take_trace();
  ASSERT_EQ(second.threads.size(), 1U);
  EXPECT_EQ(second.threads[0].name, "kept");
  EXPECT_EQ(second.threads[0].attempted, 3U);
  EXPECT_EQ(second.threads[0].recorded, 2U);
  ASSERT_EQ(second.folded.size(), 1U);
  EXPECT_EQ(second.operation(second.folded[0].op), "second");
  EXPECT_EQ(second.folded[0].longest, 1us);
  EXPECT_EQ(second[0].begin(), 0us);
}

TEST_F(SessionTest, OrdersByBeginThenThreadThenSequence) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder a = session.recorder("a");
  Recorder b = session.recorder("b");
  const auto put = [&](Recorder& recorder, std::string_view op, Nanoseconds begin) {
    recorder.complete(recorder.op(op), kNoDevice, CompleteSpan<Nanoseconds>{.begin = 1s + begin, .end = 1s + begin});
  };
  put(b, "b at 5, first", 5ns);
  put(b, "b at 5, second", 5ns);
  session.drain_once();
  put(a, "a at 9", 9ns);
  put(a, "a at 5", 5ns);
  put(b, "b at -1", -1ns);
  EXPECT_THAT(operations(session.take_trace()),
              ElementsAre("b at -1", "a at 5", "b at 5, first", "b at 5, second", "a at 9"));
}

TEST_F(SessionTest, TakesCompleteSpansInTicksAndInNanoseconds) {
  Session session(by_hand());
  const OpId copy = session.op("copy");
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const Ticks begin = recorder.now();
  time.advance(30ns);
  recorder.complete(copy, kNoDevice, CompleteSpan<Ticks>{begin, recorder.now(), session.shapes({}, {2}, 1)});
  recorder.complete(copy, kNoDevice, CompleteSpan<Nanoseconds>{1s + 40ns, 1s + 45ns});
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(trace[0].begin(), 0ns);
  EXPECT_EQ(trace[0].duration_us(), to_microseconds(30ns));
  EXPECT_EQ(trace[0].memory_bytes(), 2U);
  EXPECT_EQ(trace[1].begin(), 40ns);
  EXPECT_EQ(trace[1].duration_us(), to_microseconds(5ns));
}

TEST_F(SessionTest, ClampsAndCountsAClockThatStepsBack) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  span(recorder, "op", -5us);
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace[0].duration_us(), 0.0);
  EXPECT_EQ(trace.threads[0].clock_steps, 1U);
}

TEST_F(SessionTest, ListsSpansThatAreStillOpen) {
  Session session(by_hand());
  const DeviceId gpu3 = session.device("gpu:3");
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const Scope outer(recorder, "step");
  time.advance(2us);
  const Scope inner(recorder, "all_reduce", gpu3);
  { const Scope closed(recorder, "closed"); }
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.open_spans.size(), 2U);
  EXPECT_EQ(trace.operation(trace.open_spans[0].op), "step");
  EXPECT_EQ(trace.open_spans[1].device, gpu3);
  EXPECT_EQ(trace.open_spans[1].begin, 2us);
  EXPECT_EQ(trace.open_spans[1].depth, 1U);
}

TEST_F(SessionTest, ClosesASpanThatAnExceptionLeaves) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  try {
    const Scope scope(recorder, "throws");
    time.advance(1us);
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
  }
  span(recorder, "next", 1us);
  const Trace trace = session.take_trace();
  EXPECT_THAT(operations(trace), ElementsAre("throws", "next"));
  EXPECT_EQ(trace[1].depth(), 0U);
}

TEST_F(SessionTest, LetsARecorderOutliveIt) {
  Recorder recorder;
  span(recorder, "nothing", 1us);  // records nothing, as one that was moved from
  {
    Session session(by_hand());
    ASSERT_TRUE(session.start().ok());
    recorder = session.recorder("w");
    span(recorder, "op", 1us);
  }
  EXPECT_FALSE(recorder.recording());
  span(recorder, "late", 1us);
  EXPECT_EQ(recorder.attempted(), 1U);
}

TEST_F(SessionTest, KeepsTwoSessionsApart) {
  Session a(by_hand());
  Session b(by_hand());
  EXPECT_EQ(a.op("x"), b.op("y"));  // same number, another table
  ASSERT_TRUE(a.start().ok());
  ASSERT_TRUE(b.start().ok());
  span(a.this_thread(), "in a", 1us);
  span(b.this_thread(), "in b", 1us);
  span(a.this_thread(), "in a", 1us);
  EXPECT_THAT(operations(a.take_trace()), ElementsAre("in a", "in a"));
  EXPECT_THAT(operations(b.take_trace()), ElementsAre("in b"));
}

TEST_F(SessionTest, LetsAScopeOfThisThreadOutliveIt) {
  auto session = std::make_unique<Session>(by_hand());
  ASSERT_TRUE(session->start().ok());
  const Scope scope(session->this_thread(), "outlives");
  session.reset();
  Session next(by_hand());  // its lease drops those of sessions that are gone, but not this one: its scope is open
  ASSERT_TRUE(next.start().ok());
  span(next.this_thread(), "next", 1us);
  EXPECT_EQ(next.take_trace().size(), 1U);
}

TEST_F(SessionTest, RepairsItsDepthWhenScopesEndOutOfOrder) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  auto outer = std::make_unique<Scope>(recorder, "outer");
  auto inner = std::make_unique<Scope>(recorder, "inner");
  outer.reset();
  inner.reset();
  span(recorder, "later", 1us);
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace[2].operation(), "later");
  EXPECT_EQ(trace[2].depth(), 0U);
  EXPECT_TRUE(trace.open_spans.empty());
}

TEST_F(SessionTest, GivesASpanThatIsOpenOverAStopAndAStartToTheLaterTrace) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  {
    const Scope scope(recorder, "long");
    EXPECT_EQ(session.take_trace().open_spans.size(), 1U);
    time.advance(3us);
    ASSERT_TRUE(session.start().ok());
    time.advance(1us);
  }
  {
    const Scope scope(recorder, "ends after the stop");
    const Trace trace = session.take_trace();
    ASSERT_EQ(trace.size(), 1U);
    EXPECT_EQ(trace[0].begin(), -3us);
    EXPECT_EQ(trace[0].duration_us(), 4.0);
  }
  EXPECT_EQ(recorder.attempted(), 1U);
}

TEST_F(SessionTest, KeepsMetadata) {
  Session session(by_hand());
  session.set_metadata("model", "resnet");
  session.set_metadata("model", "dlrm");
  ASSERT_TRUE(session.start().ok());
  EXPECT_EQ(session.take_trace().metadata, (std::map<std::string, std::string>{{"model", "dlrm"}}));
}

}  // namespace
}  // namespace ringtail::inline v1
