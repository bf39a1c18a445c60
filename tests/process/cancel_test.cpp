// Threads that are cancelled inside a call of the library: the call is finished, and the program lives.
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "format/parallel.h"
#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/accounts.h"
#include "tests/support/child_process.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using testing::code_of_child;
using testing::expect_accounts_add_up;

constexpr int kUnwell = 1;

// A thread that std::thread cannot be: one that its program cancels, and that says so when it is joined.
template <class Work>
class Cancellable {
 public:
  explicit Cancellable(const Work& work) : work_(work) { pthread_create(&thread_, nullptr, run, this); }

  // True when it ended by that.
  [[nodiscard]] bool cancel() {
    pthread_cancel(thread_);
    void* result = nullptr;
    pthread_join(thread_, &result);
    return result == PTHREAD_CANCELED;
  }

 private:
  static void* run(void* self) {
    static_cast<Cancellable*>(self)->work_();
    pthread_testcancel();
    return nullptr;
  }

  const Work& work_;
  pthread_t thread_{};
};

void wait_for(const std::atomic<bool>& flag) {
  while (!flag.load(std::memory_order_acquire)) ::usleep(100);  // what came before it is done
}

// In a process of its own, which such a thread could end.
class Cancelled : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP()
        << "SKIPPED: g++ 12's address sanitizer keeps what it knew of the stack that a cancelled thread unwound";
#endif
  }
};

TEST_F(Cancelled, WhileItWaitsForRoomRecordsItsSpanAndEnds) {
  EXPECT_EQ(code_of_child([] {
              constexpr std::size_t kRing = 4;
              Session session({.ring_entries = kRing, .max_block = 300ms, .collector_thread = false});
              if (!session.start().ok()) return kUnwell;
              std::atomic<bool> full{false};
              bool came_back = false;
              Recorder recorder = session.recorder("w");
              const OpId op = recorder.op("op");
              const auto fill = [&] {
                for (std::size_t i = 0; i < kRing; ++i) const Scope scope(recorder, op);
                {
                  const Scope waits(recorder, op);
                  full.store(true, std::memory_order_release);  // the next call waits
                }
                came_back = true;
              };
              Cancellable thread(fill);
              wait_for(full);
              ::usleep(20'000);  // within the wait, or before it: both must do
              if (!thread.cancel() || !came_back) return kUnwell;
              const Trace trace = session.take_trace();
              return expect_accounts_add_up(trace) == kRing + 1 && trace.size() == kRing ? 0 : kUnwell;
            }),
            0);
}

// Cancelled while the sink sleeps, in a call of that member.
template <class Call>
int cancelled_in_sink(const Call& call) {
  std::atomic<bool> inside{false};
  std::atomic<int> finished{0};
  SessionOptions options;
  options.collector_thread = false;
  options.sink = Sink(
      [&](const Trace&) -> Status {
        inside.store(true, std::memory_order_release);  // the thread may be cancelled
        ::usleep(50'000);                               // a cancellation point
        return Done{};
      },
      [&](const Trace&) -> Status {
        ++finished;
        return Done{};
      });
  Session session(options);
  if (!session.start().ok()) return kUnwell;
  { const Scope scope(session.this_thread(), "op"); }
  const auto work = [&] { call(session); };
  Cancellable thread(work);
  wait_for(inside);
  if (!thread.cancel()) return kUnwell;
  return session.stop().ok() && finished == 1 ? 0 : kUnwell;
}

TEST_F(Cancelled, InStopWhileTheSinkSleeps) {
  EXPECT_EQ(
      code_of_child([] { return cancelled_in_sink([](Session& session) { static_cast<void>(session.stop()); }); }),
      0);
}

TEST_F(Cancelled, InASnapshotWhileTheSinkSleeps) {
  EXPECT_EQ(code_of_child(
                [] { return cancelled_in_sink([](Session& session) { static_cast<void>(session.snapshot()); }); }),
            0);
}

// Cancelled where it waits for the collector's thread, which the sink keeps.
TEST_F(Cancelled, InStopWhileItJoins) {
  EXPECT_EQ(code_of_child([] {
              std::atomic<bool> inside{false};
              SessionOptions options;
              options.flush_interval = 1ms;
              options.sink = Sink([&](const Trace&) -> Status {
                inside.store(true, std::memory_order_release);  // the collector's thread is kept
                ::usleep(100'000);
                return Done{};
              });
              Session session(options);
              if (!session.start().ok()) return kUnwell;
              { const Scope scope(session.this_thread(), "op"); }
              wait_for(inside);
              const auto stop = [&] { static_cast<void>(session.stop()); };
              Cancellable thread(stop);
              ::usleep(20'000);
              return thread.cancel() && session.stop().ok() ? 0 : kUnwell;
            }),
            0);
}

// Cancelled while the program's function has a snapshot, on the thread that drains.
TEST_F(Cancelled, InDrainOnceWhileItHandsOverASnapshot) {
  EXPECT_EQ(code_of_child([] {
              std::atomic<bool> inside{false};
              std::atomic<int> handed_over{0};
              SessionOptions options;
              options.collector_thread = false;
              options.triggers.on_trigger = [&](const Trace&, const Trigger&) {
                inside.store(true, std::memory_order_release);  // the thread may be cancelled
                ::usleep(50'000);                               // a cancellation point
                ++handed_over;
              };
              Session session(options);
              if (!session.start().ok()) return kUnwell;
              session.trigger("odd");
              const auto drain = [&] { static_cast<void>(session.drain_once()); };
              Cancellable thread(drain);
              wait_for(inside);
              return thread.cancel() && handed_over == 1 ? 0 : kUnwell;
            }),
            0);
}

// Cancelled while it takes what other threads make, as where a file is written.
TEST_F(Cancelled, InALoopOnSeveralThreads) {
  EXPECT_EQ(code_of_child([] {
              constexpr std::size_t kTexts = 4;
              std::atomic<bool> inside{false};
              std::size_t taken = 0;
              const auto take = [&](std::string_view) {
                inside.store(true, std::memory_order_release);  // the thread may be cancelled
                ::usleep(10'000);                               // a cancellation point
                ++taken;
                return true;
              };
              const auto loop = [&] {
                in_order(
                    kTexts, 2, [](std::size_t, TextBuffer&) {}, take);
              };
              Cancellable thread(loop);
              wait_for(inside);
              return thread.cancel() && taken == kTexts ? 0 : kUnwell;
            }),
            0);
}

}  // namespace
}  // namespace ringtail::inline v1
