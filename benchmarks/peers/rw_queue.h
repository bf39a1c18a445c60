// benchmarks/peers/rw_queue.h
//
// A recorder as one would build it on moodycamel::ReaderWriterQueue: a queue per thread, found through a
// thread_local; a consumer that polls all queues as often as ringtail's collector does, and keeps what it gets. A
// record is 64 bytes: names are ids of strings that the recorder owns, dimensions and the duration have 32 bits.
// There is no nesting, no bound on memory (a queue that is full grows) and no account of threads.
#pragma once

#include <cstdint>
#include <string>

#include "bench/payload.h"
#include "benchmarks/peers/peer.h"

#if RINGTAIL_HAVE_READERWRITERQUEUE
#include <readerwriterqueue.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/rig.h"
#include "ringtail/base/clock.h"
#include "ringtail/collect/session.h"
#endif

namespace ringtail::benchmarks {

#if RINGTAIL_HAVE_READERWRITERQUEUE

class RwQueue {
 public:
  RwQueue() : consumer_([this] { consume(); }) {}
  ~RwQueue() { end_consumer(); }
  RwQueue(const RwQueue&) = delete;
  RwQueue& operator=(const RwQueue&) = delete;

  [[nodiscard]] std::string fault() const { return {}; }

  void span(const overhead::Operands& o) {
    Queue& queue = this_thread();
    Record record;
    record.begin = clock_.now().value;
    overhead::opaque();
    record.duration = static_cast<std::uint32_t>(clock_.now().value - record.begin);
    record.op = kConv2d;
    record.device = kGpu0;
    for (std::size_t i = 0; i < 4; ++i) {
      record.image[i] = static_cast<std::uint32_t>(o.image[i]);
      record.weights[i] = static_cast<std::uint32_t>(o.weights[i]);
      record.output[i] = static_cast<std::uint32_t>(o.output[i]);
    }
    queue.enqueue(record);
  }

  void settle() {
    while (!all_empty()) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }

  Delivered finish() {
    end_consumer();
    for (const Record& record : kept_) {
      if (names_.at(record.op) != overhead::kOpName || record.output[1] != 64) return {};
    }
    return {kept_.size(), 0};
  }

 private:
  struct Record {
    std::uint64_t begin;
    std::uint32_t duration;
    std::uint16_t op;
    std::uint16_t device;
    std::array<std::uint32_t, 4> image;
    std::array<std::uint32_t, 4> weights;
    std::array<std::uint32_t, 4> output;
  };
  static_assert(sizeof(Record) == 64);
  using Queue = moodycamel::ReaderWriterQueue<Record>;

  static constexpr std::uint16_t kConv2d = 0;
  static constexpr std::uint16_t kGpu0 = 1;

  Queue& this_thread() {
    thread_local Queue* queue = nullptr;
    thread_local std::uint64_t owner = 0;  // the recorder's serial number: an address would come again
    if (owner != serial_) {
      const std::lock_guard lock(mutex_);
      queue = queues_.emplace_back(std::make_unique<Queue>(overhead::kRing)).get();
      owner = serial_;
    }
    return *queue;
  }

  bool all_empty() {
    const std::lock_guard lock(mutex_);
    for (const auto& queue : queues_) {
      if (queue->peek() != nullptr) return false;
    }
    return true;
  }

  void drain() {
    const std::lock_guard lock(mutex_);
    for (const auto& queue : queues_) {
      for (Record record; queue->try_dequeue(record);) kept_.push_back(record);
    }
  }

  void consume() {
    while (!ended_.load(std::memory_order_relaxed)) {  // a last pass follows the join
      drain();
      std::this_thread::sleep_for(SessionOptions{}.poll_interval);
    }
  }

  void end_consumer() {
    ended_.store(true, std::memory_order_relaxed);  // as above
    if (consumer_.joinable()) consumer_.join();
    drain();
  }

  static inline std::atomic<std::uint64_t> made{0};

  Clock clock_ = Clock::best();
  std::uint64_t serial_ = made.fetch_add(1, std::memory_order_relaxed) + 1;  // only has to be another one
  std::array<std::string, 2> names_ = {overhead::kOpName, overhead::kDeviceName};
  std::mutex mutex_;  // the list of queues; the consumer's side of each
  std::vector<std::unique_ptr<Queue>> queues_;
  std::vector<Record> kept_;
  std::atomic<bool> ended_{false};
  std::thread consumer_;
};

#else

struct RwQueue {
  [[nodiscard]] std::string fault() const {
    return "CMake did not find readerwriterqueue.h (libreaderwriterqueue-dev)";
  }
  void span(const overhead::Operands&) {}
  void settle() {}
  Delivered finish() { return {}; }
};

#endif

}  // namespace ringtail::benchmarks
