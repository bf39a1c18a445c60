// What traced() adds to a task of a thread pool: the same empty tasks with it and without.
//
// Units    Nanoseconds per task, from the first post to the end of the last task, with as many workers as the
//          argument says. The posting thread is one more.
#include <benchmark/benchmark.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "bench/payload.h"
#include "bench/rig.h"
#include "benchmarks/bursts.h"
#include "ringtail/collect/traced.h"

namespace ringtail::benchmarks {
namespace {

constexpr std::int64_t kTasks = 1 << 16;

// Posts tasks and waits for them. `post(task)` hands one in.
template <class Post>
void run_tasks(benchmark::State& state, std::atomic<std::int64_t>& done, Post post) {
  while (state.KeepRunningBatch(kTasks)) {
    const auto begin = std::chrono::steady_clock::now();
    const std::int64_t goal = done.load(std::memory_order_relaxed) + kTasks;  // nothing runs yet
    for (std::int64_t i = 0; i < kTasks; ++i) {
      post([&done] { done.fetch_add(1, std::memory_order_relaxed); });  // a count, and nothing else is read
    }
    while (done.load(std::memory_order_relaxed) < goal) std::this_thread::yield();  // as above
    state.SetIterationTime(overhead::nanoseconds_since(begin) / 1e9);
  }
  state.SetItemsProcessed(state.iterations());
}

void PoolTaskUntraced(benchmark::State& state) {
  boost::asio::thread_pool threads(static_cast<std::size_t>(state.range(0)));
  std::atomic<std::int64_t> done{0};
  run_tasks(state, done, [&](auto task) { boost::asio::post(threads, task); });
  threads.join();
  if (done != state.iterations()) state.SkipWithError("expected every task to run");
}

void PoolTaskTraced(benchmark::State& state) {
  Session session({.ring_entries = 2 * kTasks});
  if (!session.start().ok()) return state.SkipWithError("expected a session to start");
  const OpId op = session.op(overhead::kOpName);
  boost::asio::thread_pool threads(static_cast<std::size_t>(state.range(0)));
  TracedExecutor pool(session, [&](auto task) { boost::asio::post(threads, std::move(task)); });
  std::atomic<std::int64_t> done{0};
  run_tasks(state, done, [&](auto task) { traced(pool, op, task); });
  threads.join();
  const Trace trace = session.take_trace();
  const auto folded = overhead::check_account(trace, {.attempted = static_cast<std::uint64_t>(state.iterations())});
  if (!folded.ok()) return state.SkipWithError(folded.error().message.c_str());
  for (std::size_t row = 0; row < trace.size(); ++row) {
    if (!trace[row].queue_delay()) return state.SkipWithError("expected how long each task waited");
  }
}

void one_and_two_workers(benchmark::internal::Benchmark* row) {
  row->ArgName("workers")->Arg(1)->Arg(2)->UseManualTime()->Iterations(kTasks);
}
BENCHMARK(PoolTaskUntraced)->Apply(one_and_two_workers);
BENCHMARK(PoolTaskTraced)->Apply(one_and_two_workers);

}  // namespace
}  // namespace ringtail::benchmarks
