// tools/ringtail/demo/loader.h
//
// A pool of two threads that makes the batches before the workers ask for them. Its tasks are spans "load",
// with the time that they waited in the queue.
//
//     Loader loader(session, clusters, {.workers = 4, .samples = 64});
//     loader.request(rank, 0);                          // and 1, ..., kAhead - 1
//     const Batch& batch = loader.batch(rank, step);    // waits for it
//     loader.request(rank, step + kAhead);              // when the batch is used up
//
// Threads  request() and batch(): of each rank one thread; ranks at once.
//
// Ordering
//   B1 -> B2   a pool thread releases `loaded` after filling the batch, the worker acquires it.
// A batch that is used up goes back with request(), through the queue's mutex.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "demo/clusters.h"
#include "demo/tally.h"
#include "ringtail/collect/session.h"

namespace ringtail::demo {

class Loader {
 public:
  static constexpr std::uint64_t kAhead = 2;  // batches per worker, in use or on their way

  struct Sizes {
    std::size_t workers;
    std::size_t samples;
    std::size_t threads = 2;
  };

  // Requires: the session outlives the loader.
  Loader(Session& session, const Clusters& clusters, Sizes sizes);
  ~Loader();  // finishes what was requested
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  void request(std::size_t rank, std::uint64_t step);
  [[nodiscard]] const Batch& batch(std::size_t rank, std::uint64_t step);

  // Ends the threads and gives what they executed.
  [[nodiscard]] Tally finish();

 private:
  struct alignas(kCacheLineBytes) Slot {
    Batch batch;
    std::atomic<std::uint32_t> loaded{0};  // the step it holds, plus one
  };

  void post(std::function<void()> task);
  void work(std::size_t number);
  void load(std::size_t rank, std::uint64_t step, Scope& scope);
  [[nodiscard]] Slot& slot(std::size_t rank, std::uint64_t step) { return slots_[rank * kAhead + step % kAhead]; }

  Session& session_;
  const Clusters& clusters_;
  std::size_t samples_;
  OpId op_;
  std::unique_ptr<Slot[]> slots_;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool finished_ = false;
  Tally tally_;

  std::vector<std::jthread> threads_;  // last: they use everything above
};

}  // namespace ringtail::demo
