// Signal handlers that record into the thread they interrupt.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/accounts.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

using testing::expect_accounts_add_up;
using testing::lost;
using testing::scaled;

// What the handlers of this file work with: they have no arguments of their own.
struct Storm {
  Recorder* recorder = nullptr;
  OpId op{};
  OpId inner{};
  DeviceId device{};
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> errno_changed{0};
};
Storm* storm = nullptr;

void record_in_handler(int) {
  const int before = errno;
  {
    const Scope scope(*storm->recorder, storm->op, storm->device);
    const Scope inner(*storm->recorder, storm->inner, storm->device);
  }
  if (errno != before) storm->errno_changed.fetch_add(1, std::memory_order_relaxed);  // statistic
  storm->handled.fetch_add(1, std::memory_order_release);  // to the sender, which sends the next
}

class Handler {
 public:
  explicit Handler(void (*function)(int) = record_in_handler) {
    struct sigaction action {};
    action.sa_handler = function;
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, &before_);
  }
  ~Handler() { sigaction(SIGUSR1, &before_, nullptr); }
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;

 private:
  struct sigaction before_ {};
};

// Rows and folded spans of each op, each as often as its weight says.
std::map<std::string, std::uint64_t> spans_by_op(const Trace& trace) {
  std::map<std::string, std::uint64_t> spans;
  for (std::size_t row = 0; row < trace.size(); ++row)
    spans[std::string(trace[row].operation())] += trace[row].weight();
  for (const FoldedTotal& total : trace.folded) spans[std::string(trace.operation(total.op))] += total.weight();
  return spans;
}

// One thread records flat out while another sends it signals, each when the last was handled.
struct Result {
  Trace trace;
  std::uint64_t loops = 0;
  std::uint64_t handled = 0;
  std::uint64_t errno_changed = 0;
};
Result record_under_signals(SessionOptions options, std::uint64_t signals, const CategoryRule* rule = nullptr) {
  const Handler handler;
  Session session(std::move(options));
  if (rule != nullptr) session.set_rule(Category::kOp, *rule);
  EXPECT_TRUE(session.start().ok());
  Storm here;
  std::uint64_t loops = 0;
  std::atomic<bool> ready{false};
  std::atomic<bool> enough{false};
  std::thread worker([&] {
    Recorder recorder = session.recorder("worker");
    const OpId op = recorder.op("main");
    here.recorder = &recorder;
    here.op = recorder.op("handler");
    here.inner = recorder.op("inner");
    here.device = recorder.device("gpu:0");
    storm = &here;
    ready.store(true, std::memory_order_release);      // the signals may come
    while (!enough.load(std::memory_order_relaxed)) {  // whenever it is seen
      const Scope scope(recorder, op, here.device);
      ++loops;
    }
  });
  while (!ready.load(std::memory_order_acquire)) std::this_thread::yield();  // the handler has what it needs
  for (std::uint64_t sent = 0; sent < signals; ++sent) {
    pthread_kill(worker.native_handle(), SIGUSR1);
    while (here.handled.load(std::memory_order_acquire) <= sent) {  // the handler is done
    }
  }
  enough.store(true, std::memory_order_relaxed);
  worker.join();
  Trace trace = session.take_trace();
  storm = nullptr;
  return {std::move(trace), loops, here.handled.load(std::memory_order_relaxed),
          here.errno_changed.load(std::memory_order_relaxed)};  // joined
}

TEST(SignalHandlers, RecordIntoTheThreadTheyInterruptAndLoseNothing) {
  const auto signals = static_cast<std::uint64_t>(scaled(6'000, 60'000));
  const Result result = record_under_signals({.ring_entries = 1'024}, signals);
  ASSERT_EQ(result.handled, signals);
  EXPECT_EQ(result.errno_changed, 0U);
  ASSERT_EQ(result.trace.threads.size(), 1U);
  EXPECT_EQ(expect_accounts_add_up(result.trace), result.loops + 2 * signals);
  const auto spans = spans_by_op(result.trace);
  EXPECT_EQ(spans.at("main"), result.loops);
  EXPECT_EQ(spans.at("handler"), signals);
  EXPECT_EQ(spans.at("inner"), signals);
  const std::uint64_t nested = lost(result.trace, LossCause::kNested);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  EXPECT_GT(nested, 0U);  // under sanitizers signals come late, at calls of their own
#endif
  std::printf("%llu of %llu spans of handlers were nested\n", static_cast<unsigned long long>(nested),
              static_cast<unsigned long long>(2 * signals));
}

TEST(SignalHandlers, CountWhatTheyAreSampledOutOf) {
  const auto signals = static_cast<std::uint64_t>(scaled(2'000, 60'000));
  const CategoryRule rule{.one_in = 4};
  const Result result = record_under_signals({}, signals, &rule);
  ASSERT_EQ(result.handled, signals);
  ASSERT_EQ(result.trace.threads.size(), 1U);
  EXPECT_EQ(expect_accounts_add_up(result.trace) + result.trace.threads[0].sampled_out, result.loops + 2 * signals);
}

// What the handler below works with; it runs in whatever state its thread is in.
Session* session_of_handler = nullptr;
OpId op_of_handler{};
std::atomic<std::uint64_t> spans_of_handler{0};
constinit thread_local volatile bool has_recorder = false;

void record_through_this_thread(int) {
  if (!has_recorder) return;
  const Scope scope(session_of_handler->this_thread(), op_of_handler);
  spans_of_handler.fetch_add(1, std::memory_order_relaxed);  // statistic, read after join
}

TEST(SignalHandlers, RecordOrAreCountedWhileTheirThreadEnds) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "SKIPPED: the thread sanitizer's own part of a thread ends before the last signals come";
#endif
  const Handler handler(record_through_this_thread);
  Session session;
  session_of_handler = &session;
  op_of_handler = session.op("handler");
  ASSERT_TRUE(session.start().ok());
  std::atomic<long> target{0};
  std::atomic<bool> enough{false};
  std::thread sender([&] {
    while (!enough.load(std::memory_order_relaxed)) {  // whenever it is seen
      const long thread =
          target.load(std::memory_order_relaxed);  // a late one finds nobody, or one that has no recorder
      if (thread != 0) syscall(SYS_tgkill, getpid(), thread, SIGUSR1);
    }
  });
  const long threads = scaled(3'000, 30'000);
  for (long i = 0; i < threads; ++i) {
    std::thread([&] {
      static_cast<void>(session.this_thread());
      has_recorder = true;
      target.store(syscall(SYS_gettid), std::memory_order_relaxed);  // as above
    }).join();
  }
  enough.store(true, std::memory_order_relaxed);  // as above
  sender.join();
  const Trace trace = session.take_trace();
  const auto silent = trace.metadata.find("ringtail.recorders_without_memory");
  const std::uint64_t refused = silent == trace.metadata.end() ? 0 : std::stoull(silent->second);
  EXPECT_EQ(expect_accounts_add_up(trace) + refused, spans_of_handler.load(std::memory_order_relaxed));  // joined
  EXPECT_GT(refused, 0U);
  EXPECT_EQ(trace.threads.size(), static_cast<std::size_t>(threads));  // nobody leased anew
}

}  // namespace
}  // namespace ringtail::inline v1
