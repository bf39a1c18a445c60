// Threads and sessions that outlive each other, in every order.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/accounts.h"
#include "tests/support/child_process.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

std::uint64_t attempted(const Trace& trace) {
  std::uint64_t sum = 0;
  for (const TraceThread& thread : trace.threads) sum += thread.attempted;
  return sum;
}

void spans(Recorder& recorder, int count) {
  for (int i = 0; i < count; ++i) {
    const Scope scope(recorder, "op");
  }
}

TEST(SessionThreads, OutliveTheSessionsTheyRecordedIn) {
  std::latch first_is_gone(1);
  std::latch recorded(4);
  std::optional<Session> first(std::in_place);
  Session second;
  ASSERT_TRUE(first->start().ok());
  ASSERT_TRUE(second.start().ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      spans(first->this_thread(), 10);
      Recorder held = first->recorder("held");
      spans(held, 10);
      recorded.count_down();
      first_is_gone.wait();
      spans(held, 10);  // records nothing
      EXPECT_FALSE(held.recording());
      spans(second.this_thread(), 5);
    });
  }
  recorded.wait();
  EXPECT_EQ(attempted(first->take_trace()), 80U);
  first.reset();
  first_is_gone.count_down();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(attempted(second.take_trace()), 20U);
}

TEST(SessionThreads, RecordIntoASessionThatBeginsAfterThem) {
  std::atomic<Session*> session{nullptr};
  std::thread early([&] {
    Session* found = nullptr;
    while ((found = session.load()) == nullptr) std::this_thread::yield();
    spans(found->this_thread(), 7);
  });
  Session late;
  ASSERT_TRUE(late.start().ok());
  session = &late;
  early.join();
  EXPECT_EQ(attempted(late.take_trace()), 7U);
}

TEST(SessionThreads, GoOnWhileTheirSessionIsDestroyed) {
  for (int round = 0; round < 20; ++round) {
    auto session = std::make_unique<Session>(SessionOptions{.ring_entries = 64});
    ASSERT_TRUE(session->start().ok());
    std::atomic<bool> done{false};
    std::latch running(3);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&, recorder = session->recorder("w")]() mutable {
        running.count_down();
        while (!done) spans(recorder, 1);
      });
    }
    running.wait();
    session.reset();
    done = true;
    for (std::thread& thread : threads) thread.join();
  }
}

TEST(SessionThreads, RecordIntoTwoSessionsAtOnce) {
  Session a({.ring_entries = 32});
  Session b({.ring_entries = 32});
  ASSERT_TRUE(a.start().ok());
  ASSERT_TRUE(b.start().ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1'000; ++n) {
        spans(a.this_thread(), 2);
        spans(b.this_thread(), 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(attempted(a.take_trace()), 8'000U);
  EXPECT_EQ(attempted(b.take_trace()), 4'000U);
}

// The only ring waits for its last drain, and who drains is in the sink.
TEST(SessionThreads, LeaseWhileTheSinkStallsAndNeverCallIt) {
  std::promise<void> stalls;
  std::promise<void> goes_on;
  std::atomic<int> calls{0};
  std::atomic<std::thread::id> caller;
  SessionOptions options;
  options.max_rings = 1;
  options.flush_interval = std::chrono::milliseconds{0};
  options.sink = [&](const Trace&) {
    if (++calls != 1) return;
    caller = std::this_thread::get_id();
    stalls.set_value();
    goes_on.get_future().wait();
  };
  Session session(options);
  ASSERT_TRUE(session.start().ok());
  const auto record = [&] {
    std::thread([&] {
      Recorder recorder = session.recorder("a thread");
      spans(recorder, 10);
      EXPECT_NE(std::this_thread::get_id(), caller.load());
    }).join();
  };
  record();
  stalls.get_future().wait();
  record();
  record();
  goes_on.set_value();
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.threads.size(), 3U);
  for (const TraceThread& thread : trace.threads) EXPECT_EQ(thread.attempted, 10U);
}

TEST(SessionThreads, SeeOneMomentInASnapshotOfWhatASinkGets) {
  std::uint64_t delivered = 0;  // by snapshots: nobody else drains
  Session session({.ring_entries = std::size_t{1} << 17U,
                   .sink = [&](const Trace& batch) { delivered += batch.size(); },
                   .flush_interval = std::chrono::hours{1},
                   .collector_thread = false});
  ASSERT_TRUE(session.start().ok());
  std::atomic<int> running{2};
  std::vector<std::thread> producers;
  for (int i = 0; i < 2; ++i) {
    producers.emplace_back([&] {
      spans(session.this_thread(), 100'000);
      --running;
    });
  }
  const auto look = [&] {
    const Trace snapshot = session.snapshot();
    return testing::expect_accounts_add_up(snapshot, delivered);
  };
  while (running > 0) look();
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(look(), 200'000U);
}

TEST(SessionThreads, MayAllStopAndStartAndPauseIt) {
  Session session({.ring_entries = 32});
  std::atomic<bool> done{false};
  std::vector<std::thread> producers;
  for (int i = 0; i < 4; ++i) {
    producers.emplace_back([&] {
      Recorder recorder = session.recorder("w");
      while (!done) spans(recorder, 1);
    });
  }
  const long rounds = testing::scaled(50, 3'300);
  std::atomic<std::uint64_t> seen{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (long n = 0; n < rounds; ++n) {
        EXPECT_TRUE(session.start().ok());
        session.pause();
        session.resume();
        session.drain_once();
        EXPECT_TRUE(session.stop().ok());
        seen += testing::expect_accounts_add_up(session.take_trace());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(seen, 0U);
  done = true;
  for (std::thread& producer : producers) producer.join();
  ASSERT_TRUE(session.start().ok());  // and after all that it is as a new one
  spans(session.this_thread(), 10);
  EXPECT_EQ(testing::expect_accounts_add_up(session.take_trace()), 10U);
}

TEST(SessionThreads, RestartInAChildWhateverAnotherThreadWasCollecting) {
  std::latch delivering(1);
  std::latch forked(1);
  std::once_flag once;
  const pid_t parent = getpid();
  const auto sink = [&](const Trace&) {
    if (getpid() != parent) return;
    std::call_once(once, [&] {
      delivering.count_down();
      forked.wait();
    });
  };
  Session session({.sink = sink, .flush_interval = std::chrono::milliseconds{0}, .collector_thread = false});
  session.set_metadata("model", "net");
  ASSERT_TRUE(session.start().ok());
  spans(session.this_thread(), 1);
  std::thread drains([&] { session.drain_once(); });
  delivering.wait();
  const int code = testing::code_of_child([&] {
    if (!session.restart_in_child().ok()) return 1;
    spans(session.this_thread(), 2);
    const Trace trace = session.take_trace();
    return attempted(trace) == 2 && trace.metadata.at("model") == "net" ? 0 : 2;
  });
  forked.count_down();
  drains.join();
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace ringtail::inline v1
