// The session's own threads beside those of the program: they take none of its signals.
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>

#include "base/quiet_thread.h"
#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/child_process.h"

namespace ringtail::inline v1 {
namespace {

using testing::code_of_child;

// With every thread that a session can have.
SessionOptions all_threads() {
  SessionOptions options;
  options.longest_poll_interval = std::chrono::microseconds{100};
  options.sink = Sink([](const Trace&) -> Status { return Done{}; }, [](const Trace&) -> Status { return Done{}; });
  options.triggers.on_trigger = [](const Trace&, const Trigger&) {};
  return options;
}

sigset_t only(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

constexpr int kUnwell = 1;

TEST(OwnThreads, LeaveASignalToTheProgramThatWaitsForIt) {
  EXPECT_EQ(code_of_child([] {
              Session session(all_threads());
              if (!session.start().ok()) return kUnwell;
              const sigset_t end = only(SIGTERM);
              pthread_sigmask(SIG_BLOCK, &end, nullptr);
              ::kill(::getpid(), SIGTERM);
              ::usleep(50'000);  // another thread would die of it now, and the process
              const timespec longest{.tv_sec = 10, .tv_nsec = 0};
              if (sigtimedwait(&end, nullptr, &longest) != SIGTERM) return kUnwell;
              return session.stop().ok() ? 0 : kUnwell;
            }),
            0);
}

thread_local bool of_the_program = false;
std::atomic<int> handled_here;
std::atomic<int> handled_elsewhere;

TEST(OwnThreads, RunNoHandlerOfTheProgram) {
  constexpr int kSignals = 100;
  EXPECT_EQ(code_of_child([] {
              of_the_program = true;
              Session session(all_threads());
              if (!session.start().ok()) return kUnwell;
              std::signal(SIGUSR1, [](int) { ++(of_the_program ? handled_here : handled_elsewhere); });
              const sigset_t tick = only(SIGUSR1);
              for (int i = 0; i < kSignals; ++i) {
                pthread_sigmask(SIG_BLOCK, &tick, nullptr);
                ::kill(::getpid(), SIGUSR1);
                ::usleep(200);  // another thread would take it now
                pthread_sigmask(SIG_UNBLOCK, &tick, nullptr);
              }
              if (!session.stop().ok()) return kUnwell;
              return handled_here == kSignals && handled_elsewhere == 0 ? 0 : kUnwell;
            }),
            0);
}

TEST(OwnThreads, BlockWhatIsNotAFaultAndLeaveTheirMakersMask) {
  sigset_t before;
  sigset_t inside;
  sigset_t after;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  quiet_thread([&] { pthread_sigmask(SIG_BLOCK, nullptr, &inside); }).join();
  pthread_sigmask(SIG_BLOCK, nullptr, &after);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGPROF, SIGUSR1, SIGRTMIN, SIGRTMAX}) {
    EXPECT_EQ(sigismember(&inside, signal), 1) << signal;
  }
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    EXPECT_EQ(sigismember(&inside, fault), 0) << fault;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    EXPECT_EQ(sigismember(&after, signal), sigismember(&before, signal)) << signal;
  }
}

}  // namespace
}  // namespace ringtail::inline v1
