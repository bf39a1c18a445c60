// tools/ringtail/bench/rendezvous.h
//
// Where threads that record together wait for each other, and how long each of their bursts took them all.
//
//     Rendezvous threads(2);
//     threads.meet();
//     threads.burst([&] { ...spans... });     // each thread
//     threads.meet();
//     threads.burst_ns();                     // from the first begin to the last end: the median of the bursts
//
// Threads  meet, burst: the given number of threads, each; they spin, and yield after a while. burst_ns: any of them,
//          between a meet() and the next burst.
//
// Ordering, by pair:
//   M1 -> M2   the last to arrive releases the round, the others acquire it: what was written before meet() is
//              visible to all after it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "bench/figure.h"

namespace ringtail::overhead {

class Rendezvous {
 public:
  explicit Rendezvous(std::size_t threads) : threads_(threads) {}

  void meet() {
    const std::uint64_t round = round_.load(std::memory_order_relaxed);  // cannot change before this thread arrives
    // Acquire and release: the last to arrive has seen what all others wrote.
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);  // M1 publishes it
      // M1 -> M2
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    // M2 <- M1
    for (int turns = 0; round_.load(std::memory_order_acquire) == round; ++turns) {
      if (turns > kSpins) std::this_thread::yield();
    }
  }

  // Nanoseconds that `body` took this thread.
  template <class Body>
  double burst(Body body) {
    const Time begin = std::chrono::steady_clock::now();
    body();
    const Time end = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (ended_++ % threads_ == 0) bursts_.push_back({begin, end});
    bursts_.back() = {std::min(bursts_.back().begin, begin), std::max(bursts_.back().end, end)};
    return std::chrono::duration<double, std::nano>(end - begin).count();
  }

  // Requires: a burst.
  [[nodiscard]] double burst_ns() {
    const std::lock_guard lock(mutex_);
    std::vector<double> lengths;
    for (const Burst& burst : bursts_) {
      lengths.push_back(std::chrono::duration<double, std::nano>(burst.end - burst.begin).count());
    }
    return figure_of(std::move(lengths)).median;
  }

 private:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr int kSpins = 2'000;  // some microseconds

  struct Burst {
    Time begin;
    Time end;
  };

  const std::size_t threads_;
  std::atomic<std::uint64_t> round_{0};
  std::atomic<std::size_t> arrived_{0};
  std::mutex mutex_;
  std::size_t ended_ = 0;  // bursts of single threads
  std::vector<Burst> bursts_;
};

}  // namespace ringtail::overhead
