// Spans that hop between threads, and scopes that are left in other ways than by their end.
#include <gtest/gtest.h>

#include <coroutine>
#include <csetjmp>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "ringtail/record/task.h"

namespace ringtail::inline v1 {
namespace {

// A coroutine that runs until it is suspended and goes on where it is resumed.
struct Job {
  struct promise_type {
    Job get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Job hop(Session& session, OpId op, DeviceId device, int times) {
  Task task(session.this_thread(), op, device);
  for (int i = 0; i < times; ++i) {
    { const Scope scope(session.this_thread(), "leg"); }
    co_await std::suspend_always{};
  }
  task.end(session.this_thread());
}

TEST(Task, IsOneSpanOfACoroutineThatHopsBetweenThreads) {
  Session session;
  const OpId op = session.op("request");
  const DeviceId gpu = session.device("gpu:0");
  ASSERT_TRUE(session.start().ok());
  Job job;
  std::thread([&] { job = hop(session, op, gpu, 3); }).join();
  while (!job.handle.done()) std::thread([&] { job.handle.resume(); }).join();
  job.handle.destroy();
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 4U);
  ASSERT_EQ(trace.threads.size(), 4U);
  EXPECT_EQ(trace[0].operation(), "request");  // began first
  EXPECT_EQ(index_of(trace[0].thread()), 3U);  // and ended on the last thread
  EXPECT_EQ(trace[0].device(), "gpu:0");
  for (std::size_t row = 1; row < 4; ++row) EXPECT_EQ(index_of(trace[row].thread()), row - 1);
  EXPECT_GE(trace[0].duration_us() * 1e3, static_cast<double>((*trace[3].begin() - *trace[0].begin()).count()));
  for (const TraceThread& thread : trace.threads) EXPECT_EQ(thread.attempted, thread.recorded);
}

TEST(Task, IsNotRecordedUnlessTheSessionRecordsAtBothEnds) {
  ManualClock time;
  Session session({.collector_thread = false, .clock = Clock::manual(time)});
  Recorder recorder = session.recorder("w");
  const OpId op = session.op("op");
  const Task before(recorder, op);
  ASSERT_TRUE(session.start().ok());
  before.end(recorder);
  Task().end(recorder);
  const Task over(recorder, op);
  const Task inside(recorder, op);
  inside.end(recorder);
  session.pause();
  over.end(recorder);
  EXPECT_EQ(session.take_trace().size(), 1U);
}

// Leaves two scopes by longjmp: their destructors do not run.
void jump(Recorder& recorder, std::jmp_buf& out) {
  const Scope outer(recorder, "left");
  const Scope inner(recorder, "left as well");
  std::longjmp(out, 1);
}

void jump_and_land(Recorder& recorder) {
  std::jmp_buf here;
  if (setjmp(here) == 0) jump(recorder, here);
}

TEST(Scope, HasTheRightDepthAfterALongjmpOverOthers) {
  ManualClock time;
  Session session({.collector_thread = false, .clock = Clock::manual(time)});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 3; ++i) {
    const Scope around(recorder, "around");
    time.advance(std::chrono::nanoseconds{1});
    jump_and_land(recorder);
  }
  { const Scope after(recorder, "after"); }
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 4U);
  for (std::size_t row = 0; row < 4; ++row) EXPECT_EQ(trace[row].depth(), 0U);
  EXPECT_TRUE(trace.open_spans.empty());
}

TEST(Scope, IsRecordedWhenAnExceptionPassesThroughMany) {
  Session session;
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const auto fall = [&](const auto& self, int levels) -> void {
    const Scope scope(recorder, "level");
    if (levels == 0) throw std::runtime_error("bottom");
    self(self, levels - 1);
  };
  EXPECT_THROW(fall(fall, 49), std::runtime_error);
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 50U);
  for (std::size_t row = 0; row < 50; ++row) EXPECT_EQ(trace[row].depth(), row);
}

}  // namespace
}  // namespace ringtail::inline v1
