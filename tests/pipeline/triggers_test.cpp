// Triggers with a collector thread: whoever asks, whenever, and whatever the program's function takes.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/accounts.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::expect_accounts_add_up;
using ::ringtail::testing::scaled;

TEST(Triggers, LeaveTheRingsToTheCollectorWhileTheFunctionRuns) {
  std::atomic<bool> entered{false};
  std::atomic<bool> leave{false};
  SessionOptions options{.ring_entries = 64, .keep = Keep::kLatest};
  options.triggers.on_trigger = [&](const Trace&, const Trigger&) {
    entered = true;
    entered.notify_all();
    leave.wait(false);
  };
  Session session(options);
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  session.trigger("now");
  entered.wait(false);
  // More than the ring holds, each round only once the last one was drained: nothing is folded.
  std::size_t seen = 0;
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 32; ++i) {
      const Scope scope(recorder, "op");
    }
    while (seen < 32U * (static_cast<std::size_t>(round) + 1)) {
      seen = session.snapshot().size();
      std::this_thread::yield();
    }
  }
  leave = true;
  leave.notify_all();
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.size(), 256U);
  EXPECT_TRUE(trace.complete());
}

TEST(Triggers, HandOverOrCountEveryOneOfManyThreads) {
  constexpr int kThreads = 4;
  const long asked = scaled(2'000);
  std::uint64_t handed_over = 0;  // by the thread that dumps
  SessionOptions options{.ring_entries = 256, .max_spans = 4'000, .keep = Keep::kLatest};
  options.triggers.cooldown = 0ns;
  options.triggers.most = 50;
  options.triggers.slow_step = 1e9;  // watched, and never seen
  options.triggers.on_trigger = [&](const Trace& trace, const Trigger& trigger) {
    ++handed_over;
    expect_accounts_add_up(trace);
    if (trigger.cause == Trigger::Cause::kAsked) {
      EXPECT_EQ(trigger.reason.substr(0, 6), "thread");
      EXPECT_EQ(trigger.reason.back(), '!');  // whole
    }
  };
  Session session(options);
  ASSERT_TRUE(session.start().ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Recorder recorder = session.recorder("w");
      const std::string reason =
          "thread " + std::to_string(i) + std::string(static_cast<std::size_t>(i) * 20, '.') + "!";
      for (long n = 0; n < asked; ++n) {
        recorder.step(static_cast<std::uint64_t>(n));
        { const Scope scope(recorder, "op"); }
        session.trigger(reason);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Trace trace = session.take_trace();
  EXPECT_GT(handed_over, 0U);
  EXPECT_LE(handed_over, 50U);
  const auto passed_over = trace.metadata.find("ringtail.triggers_passed_over");
  ASSERT_NE(passed_over, trace.metadata.end());
  EXPECT_EQ(handed_over + std::stoull(passed_over->second), static_cast<std::uint64_t>(kThreads * asked));
  EXPECT_EQ(expect_accounts_add_up(trace), static_cast<std::uint64_t>(kThreads * asked));
}

}  // namespace
}  // namespace ringtail::inline v1
