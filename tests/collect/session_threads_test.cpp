// Threads and sessions that outlive each other, in every order.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"

namespace ringtail {
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

TEST(SessionThreads, MayAllStopAndStartAndPauseIt) {
  Session session({.ring_entries = 32});
  std::atomic<bool> done{false};
  std::thread producer([&] {
    Recorder recorder = session.recorder("w");
    while (!done) spans(recorder, 1);
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        EXPECT_TRUE(session.start().ok());
        session.pause();
        session.resume();
        session.drain_once();
        EXPECT_TRUE(session.stop().ok());
        static_cast<void>(session.take_trace());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  producer.join();
}

}  // namespace
}  // namespace ringtail
