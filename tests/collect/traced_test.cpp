// Tasks of thread pools: the run time and the queueing delay of each, whatever the pool.
#include "ringtail/collect/traced.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

// The pool that everybody has written once: a queue of std::function and some threads.
class PlainPool {
 public:
  explicit PlainPool(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~PlainPool() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  void push(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

 private:
  void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return done_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool done_ = false;
  std::vector<std::thread> threads_;
};

TEST(Traced, RecordsQueueingDelayAndRunTime) {
  ManualClock time(1s);
  Session session({.collector_thread = false, .clock = Clock::manual(time)});
  const OpId load = session.op("load");
  const DeviceId host = session.device("host");
  ASSERT_TRUE(session.start().ok());
  std::deque<std::function<void()>> queue;
  TracedExecutor pool(
      session, [&](auto task) { queue.emplace_back(std::move(task)); }, host);
  traced(pool, load, [&] { time.advance(7us); });
  traced(pool, load, [&] { time.advance(2us); });
  time.advance(5us);
  for (const auto& task : queue) task();
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(trace[0].queue_delay(), 5us);
  EXPECT_EQ(trace[0].duration_us(), 7.0);
  EXPECT_EQ(trace[0].device(), "host");
  EXPECT_EQ(trace[1].queue_delay(), 12us);
  EXPECT_EQ(trace[1].begin(), 12us);
}

TEST(Traced, GivesBackWhatTheExecutorReturns) {
  Session session;
  ASSERT_TRUE(session.start().ok());
  TracedExecutor async(session, [](auto task) { return std::async(std::launch::async, std::move(task)); });
  std::future<int> answer = traced(async, session.op("answer"), [] { return 42; });
  EXPECT_EQ(answer.get(), 42);
  EXPECT_EQ(session.take_trace().size(), 1U);
}

TEST(Traced, ClosesTheSpanOfATaskThatThrows) {
  Session session;
  ASSERT_TRUE(session.start().ok());
  TracedExecutor async(session, [](auto task) { return std::async(std::launch::async, std::move(task)); });
  std::future<void> failed = traced(async, session.op("fails"), [] { throw std::runtime_error("task"); });
  EXPECT_THROW(failed.get(), std::runtime_error);
  EXPECT_EQ(session.take_trace().size(), 1U);
}

TEST(Traced, FollowsTheThreadsOfAPlainPool) {
  Session session;
  const OpId op = session.op("task");
  ASSERT_TRUE(session.start().ok());
  std::atomic<int> ran{0};
  {
    PlainPool threads(3);
    TracedExecutor pool(session, [&](auto task) { threads.push(std::move(task)); });
    for (int i = 0; i < 1000; ++i) traced(pool, op, [&] { ++ran; });
  }
  const Trace trace = session.take_trace();
  EXPECT_EQ(ran, 1000);
  EXPECT_EQ(trace.size(), 1000U);
  EXPECT_LE(trace.threads.size(), 3U);
  for (std::size_t row = 0; row < trace.size(); ++row) ASSERT_GE(trace[row].queue_delay(), 0ns);
}

TEST(Traced, FollowsTheThreadsOfAnAsioPool) {
  Session session;
  const OpId op = session.op("task");
  ASSERT_TRUE(session.start().ok());
  boost::asio::thread_pool threads(3);
  TracedExecutor pool(session, [&](auto task) { boost::asio::post(threads, std::move(task)); });
  std::atomic<int> ran{0};
  for (int i = 0; i < 1000; ++i) {
    traced(pool, op, [&ran, own = std::make_unique<int>(1)] { ran += *own; });  // a task need not be copyable
  }
  threads.join();
  const Trace trace = session.take_trace();
  EXPECT_EQ(ran, 1000);
  EXPECT_EQ(trace.size(), 1000U);
  for (std::size_t row = 0; row < trace.size(); ++row) ASSERT_GE(trace[row].queue_delay(), 0ns);
}

}  // namespace
}  // namespace ringtail::inline v1
