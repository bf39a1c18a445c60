// Children of fork(): silent, unharmed, and no harm to the parent's trace.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/accounts.h"
#include "tests/support/child_process.h"
#include "tests/support/scale.h"

#if defined(__SANITIZE_ADDRESS__)
namespace {
const pid_t test_process = getpid();
}
// No leaks are looked for where a forked child exits: what its parent's other threads had on their stacks alone is
// lost to it.
extern "C" int __lsan_is_turned_off() { return getpid() != test_process ? 1 : 0; }
#endif

namespace ringtail::inline v1 {
namespace {

using testing::scaled;

// The thread sanitizer cannot start threads in a forked child.
#if defined(__SANITIZE_THREAD__)
constexpr bool kChildrenCanHaveThreads = false;
#else
constexpr bool kChildrenCanHaveThreads = true;
#endif

// What a child found: its exit status.
enum Verdict : int { kGood = 0, kRecords = 10, kHasATrace, kCannotRestart, kIsNotExact, kWrongIds, kKeepsOldLeases };

constexpr unsigned kHangSeconds = 30;

template <class Child>
int in_child(const Child& child) {
  return testing::code_of_child(child, kHangSeconds);
}

// Everything that a child can call, without a word.
int silent_child(Session& session, Recorder& recorder) {
  for (int i = 0; i < 100; ++i) {
    const Scope scope(recorder, "in child", session.device("gpu:7"));
    const Scope other(session.this_thread(), "in child as well");
  }
  if (recorder.recording() || session.recording() || recorder.attempted() != 0) return kRecords;
  const Recorder another = session.recorder("child");
  if (another.recording() || session.start().ok()) return kRecords;
  session.pause();
  session.resume();
  session.set_metadata("child", "yes");
  session.set_rule(Category::kOp, {.one_in = 2});
  if (session.drain_once() != 0 || !session.snapshot().empty()) return kHasATrace;
  if (!session.stop().ok() || !session.take_trace().threads.empty()) return kHasATrace;
  return kGood;
}

int recording_child(Session& session, Recorder& before, OpId known) {
  if (const Status restarted = session.restart_in_child(); !restarted.ok()) {
    std::fprintf(stderr, "%s\n", restarted.error().message.c_str());
    return kCannotRestart;
  }
  if (before.recording()) return kKeepsOldLeases;
  Recorder& recorder = session.this_thread();
  for (int i = 0; i < 100; ++i) const Scope scope(recorder, known);
  const Trace trace = session.take_trace();
  if (trace.size() != 100 || trace.threads.size() != 1 || trace.threads[0].attempted != 100) return kIsNotExact;
  return trace[0].operation() == "known" ? kGood : kWrongIds;
}

// Threads that record until they are told to stop.
class Load {
 public:
  Load(Session& session, int threads) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, &session] {
        Recorder recorder = session.recorder("load");
        const OpId op = recorder.op("load");
        std::uint64_t count = 0;
        while (!enough_.load(std::memory_order_relaxed)) {  // whenever it is seen
          const Scope scope(recorder, op);
          ++count;
        }
        spans_.fetch_add(count, std::memory_order_relaxed);  // read after join
      });
    }
  }
  ~Load() { join(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  std::uint64_t join() {
    enough_.store(true, std::memory_order_relaxed);  // as above
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
    return spans_.load(std::memory_order_relaxed);  // joined
  }

 private:
  std::atomic<bool> enough_{false};
  std::atomic<std::uint64_t> spans_{0};
  std::vector<std::thread> threads_;
};

TEST(Fork, LeavesChildrenSilentAndTheParentExact) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP()
      << "SKIPPED: g++ 12's address sanitizer does not hold its allocator's locks over a fork; a child whose "
         "parent's threads allocate may wait for them for ever";
#endif
  Session session({.ring_entries = 1'024, .max_spans = 100'000});
  const OpId known = session.op("known");
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("parent");
  static_cast<void>(session.this_thread());
  Load load(session, 2);
  const long forks = scaled(200, 10'000);
  std::uint64_t own = 0;
  for (long i = 0; i < forks; ++i) {
    {
      const Scope scope(recorder, known);  // open in the child
      ++own;
      const int verdict = in_child([&] {
        if (i % 5 == 4) {
          execl("/bin/true", "true", static_cast<char*>(nullptr));
          return 1;
        }
        return i % 2 == 0 || !kChildrenCanHaveThreads ? silent_child(session, recorder)
                                                      : recording_child(session, recorder, known);
      });
      ASSERT_EQ(verdict, kGood) << "fork " << i;
    }
  }
  const std::uint64_t loaded = load.join();
  const Trace trace = session.take_trace();
  EXPECT_EQ(testing::expect_accounts_add_up(trace), own + loaded);
  for (std::uint32_t id = 0; id < trace.op_names().size(); ++id) EXPECT_NE(trace.op_names().at(id), "in child");
}

TEST(Fork, LetsAChildDestroyItsSessionAndExit) {
  for (long i = 0; i < scaled(20); ++i) {
    const int verdict = in_child([] {
      Session session;
      if (!session.start().ok()) return 1;
      std::thread([&] { const Scope scope(session.this_thread(), "before"); }).join();
      return in_child([&] {
        session.~Session();
        new (&session) Session;  // for the destructor at the end of the scope
        std::exit(0);
        return 1;
      });
    });
    EXPECT_EQ(verdict, 0);
  }
}

TEST(Fork, RefusesToRestartInAProcessThatIsNoChild) {
  Session session;
  const Status refused = session.restart_in_child();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "expected a forked child, found the process that made the session");
}

// Forks while another thread measures the clock, which only the first call of a process does.
int fork_while_measuring() {
  Session session;
  if (!session.start().ok()) return 1;
  constexpr CategoryRule kRule{.shortest = std::chrono::nanoseconds{1}};
  std::atomic<bool> asking{false};
  std::thread asks([&] {
    asking.store(true, std::memory_order_relaxed);  // now, or soon
    session.set_rule(Category::kOp, kRule);
  });
  while (!asking.load(std::memory_order_relaxed)) {  // as above
  }
  std::this_thread::sleep_for(std::chrono::microseconds{200});  // of 2 ms
  const int verdict = in_child([&] {
    if (!session.restart_in_child().ok()) return kCannotRestart;
    session.set_rule(Category::kOp, kRule);
    return kGood;
  });
  asks.join();
  return verdict;
}

TEST(Fork, LeavesNoChildWaitingForAMeasurement) {
  if (!kChildrenCanHaveThreads) GTEST_SKIP() << "SKIPPED: no threads in children under the thread sanitizer";
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // in a new process, where nothing was measured yet
  for (int i = 0; i < 3; ++i) EXPECT_EXIT(_exit(fork_while_measuring()), ::testing::ExitedWithCode(kGood), "");
}

TEST(Fork, LetsGrandchildrenRestartAsWell) {
  if (!kChildrenCanHaveThreads) GTEST_SKIP() << "SKIPPED: no threads in children under the thread sanitizer";
  Session session;
  const OpId known = session.op("known");
  ASSERT_TRUE(session.start().ok());
  Recorder none;
  EXPECT_EQ(in_child([&] {
              if (!session.restart_in_child().ok()) return static_cast<int>(kCannotRestart);
              return in_child([&] { return recording_child(session, none, known); });
            }),
            kGood);
}

TEST(Fork, LetsChildrenOfThreadsThatForkAtOnceRestart) {
  if (!kChildrenCanHaveThreads) GTEST_SKIP() << "SKIPPED: no threads in children under the thread sanitizer";
  Session session;
  ASSERT_TRUE(session.start().ok());
  std::atomic<long> silent{0};
  const auto fork_often = [&] {
    for (long i = 0; i < scaled(100, 5'000); ++i) {
      const int verdict = in_child([&] { return session.restart_in_child().ok() ? kGood : kCannotRestart; });
      silent.fetch_add(verdict == kGood ? 0 : 1, std::memory_order_relaxed);  // read after join
    }
  };
  std::thread other(fork_often);
  fork_often();
  other.join();
  EXPECT_EQ(silent.load(std::memory_order_relaxed), 0);  // joined
}

TEST(Fork, LetsAChildOfASinkEnd) {
  int verdict = -1;
  Session session({.sink = [&](const Trace&) { verdict = in_child([] { return 0; }); }});
  ASSERT_TRUE(session.start().ok());
  { const Scope scope(session.this_thread(), "op"); }
  EXPECT_TRUE(session.stop().ok());
  EXPECT_EQ(verdict, 0);
}

}  // namespace
}  // namespace ringtail::inline v1
