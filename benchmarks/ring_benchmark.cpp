// How a record reaches the collector: its size, and whether it goes alone, in batches, or by the number of a block.
//
// Every row does what a bare span does: two clock reads, and a record of the row's size whose words are all written.
// A consumer on the other CPU empties the queue every 100 us, as the collector does. The ring has 4 MiB in every row.
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "benchmarks/bursts.h"

namespace ringtail::benchmarks {
namespace {

using overhead::PinnedTo;

constexpr std::size_t kRingBytes = std::size_t{4} << 20U;
constexpr std::int64_t kRecords = 1 << 20;
constexpr std::size_t kBurstBytes = kRingBytes / 4;

template <std::size_t kBytes>
struct alignas(kBytes < 64 ? kBytes : 64) Sized {
  std::array<std::uint64_t, kBytes / 8> words;

  static Sized of(Ticks begin, Ticks end, std::uint64_t n) {
    Sized record;
    record.words[0] = begin.value;
    record.words[1] = end.value;
    for (std::size_t i = 2; i < record.words.size(); ++i) record.words[i] = n;
    return record;
  }
};

// One record at a time.
template <std::size_t kBytes>
class Alone {
 public:
  using Record = Sized<kBytes>;
  static constexpr std::size_t kRecordBytes = kBytes;

  bool push(const Record& record) { return ring_.push(record); }
  void flush() {}
  std::uint64_t drain() {
    return ring_.consume_all([this](const Record& record) { sum_ += record.words[1]; });
  }

 private:
  boost::lockfree::spsc_queue<Record> ring_{kRingBytes / kBytes};
  std::uint64_t sum_ = 0;
};

// The producer keeps some records to itself, and publishes them together.
template <std::size_t kBytes, std::size_t kBatch>
class Batched {
 public:
  using Record = Sized<kBytes>;
  static constexpr std::size_t kRecordBytes = kBytes;

  bool push(const Record& record) {
    batch_[count_++] = record;
    if (count_ < kBatch) return true;
    count_ = 0;
    return ring_.push(batch_.data(), kBatch) == kBatch;
  }
  void flush() {
    ring_.push(batch_.data(), count_);
    count_ = 0;
  }
  std::uint64_t drain() {
    return ring_.consume_all([this](const Record& record) { sum_ += record.words[1]; });
  }

 private:
  boost::lockfree::spsc_queue<Record> ring_{kRingBytes / kBytes};
  std::array<Record, kBatch> batch_;
  std::size_t count_ = 0;
  std::uint64_t sum_ = 0;
};

// The producer fills a block that is its own; the numbers of full blocks go one way, those of empty ones the other.
template <std::size_t kBytes, std::size_t kBlock>
class Blocks {
 public:
  using Record = Sized<kBytes>;
  static constexpr std::size_t kRecordBytes = kBytes;

  Blocks() {
    for (std::uint32_t i = 1; i < kCount; ++i) empty_.push(i);
  }
  bool push(const Record& record) {
    if (count_ == kBlock && !next()) return false;
    blocks_[current_ * kBlock + count_++] = record;
    return true;
  }
  void flush() {
    if (count_ > 0) next();
  }
  std::uint64_t drain() {
    std::uint64_t records = 0;
    full_.consume_all([&](Full full) {
      for (std::uint32_t i = 0; i < full.count; ++i) sum_ += blocks_[full.block * kBlock + i].words[1];
      records += full.count;
      empty_.push(full.block);
    });
    return records;
  }

 private:
  struct Full {
    std::uint32_t block;
    std::uint32_t count;
  };
  static constexpr std::size_t kCount = kRingBytes / kBytes / kBlock;

  bool next() {
    std::uint32_t block = 0;
    if (!empty_.pop(block)) return false;
    full_.push(Full{current_, count_});
    current_ = block;
    count_ = 0;
    return true;
  }

  std::vector<Record> blocks_ = std::vector<Record>(kCount * kBlock);
  boost::lockfree::spsc_queue<Full> full_{kCount};
  boost::lockfree::spsc_queue<std::uint32_t> empty_{kCount};
  std::uint32_t current_ = 0;
  std::uint32_t count_ = 0;
  std::uint64_t sum_ = 0;
};

template <class Queue>
void Hand(benchmark::State& state) {
  const auto queue = std::make_unique<Queue>();
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> taken{0};
  std::thread consumer([&] {
    const PinnedTo pin(collector_cpu());
    while (!done.load(std::memory_order_relaxed)) {  // the join orders the rest
      taken.fetch_add(queue->drain(), std::memory_order_relaxed);
      std::this_thread::sleep_for(std::chrono::microseconds{100});
    }
  });
  const PinnedTo pin(cpu_of(state));
  const Clock clock = Clock::best();
  std::uint64_t refused = 0;
  std::uint64_t pushed = 0;
  const std::uint64_t made = measure(
      state, kBurstBytes / Queue::kRecordBytes,
      [&](std::size_t i) {
        const Ticks begin = clock.now();
        overhead::opaque();
        refused += queue->push(Queue::Record::of(begin, clock.now(), i)) ? 0 : 1;
        ++pushed;
      },
      [&] {
        queue->flush();
        // Until all is taken: a statistic, and the join orders the rest.
        while (refused == 0 && taken.load(std::memory_order_relaxed) < pushed) {
          std::this_thread::sleep_for(std::chrono::microseconds{100});
        }
      });
  queue->flush();
  done.store(true, std::memory_order_relaxed);
  consumer.join();
  const std::uint64_t arrived = taken.load(std::memory_order_relaxed) + queue->drain();
  if (refused != 0 || arrived != made) state.SkipWithError("expected every record to arrive");
}

#define RINGTAIL_HAND(...) \
  BENCHMARK_TEMPLATE(Hand, __VA_ARGS__)->Setup(make_rendezvous)->UseRealTime()->Iterations(kRecords)

RINGTAIL_HAND(Alone<32>);
RINGTAIL_HAND(Alone<64>);
RINGTAIL_HAND(Alone<128>);
RINGTAIL_HAND(Batched<64, 8>);
RINGTAIL_HAND(Batched<64, 64>);
RINGTAIL_HAND(Blocks<32, 256>);
RINGTAIL_HAND(Blocks<64, 64>);
RINGTAIL_HAND(Blocks<64, 1024>);

}  // namespace
}  // namespace ringtail::benchmarks
