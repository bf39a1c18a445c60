#include "demo/ring_allreduce.h"

#include <algorithm>
#include <utility>

namespace ringtail::demo {

RingAllReduce::RingAllReduce(std::vector<std::span<float>> arrays)
    : arrays_(std::move(arrays)), workers_(std::make_unique<Worker[]>(arrays_.size())) {}

std::span<float> RingAllReduce::chunk(std::size_t rank, std::size_t number) const {
  const std::span<float> array = arrays_[rank];
  const std::size_t first = array.size() * number / arrays_.size();
  const std::size_t last = array.size() * (number + 1) / arrays_.size();
  return array.subspan(first, last - first);
}

void RingAllReduce::advance(std::size_t rank) {
  workers_[rank].progress.fetch_add(1, std::memory_order_release);  // A1 -> A2
  workers_[rank].progress.notify_all();
}

void RingAllReduce::wait_for(std::size_t rank, std::uint32_t progress, Device& device) {
  device.wait("allreduce.wait", [&] {
    std::atomic<std::uint32_t>& its = workers_[rank].progress;
    for (std::uint32_t seen = its.load(std::memory_order_acquire); seen < progress;  // A2 <- A1
         seen = its.load(std::memory_order_acquire)) {                               // A2 <- A1
      its.wait(seen, std::memory_order_relaxed);                                     // the loop's load synchronizes
    }
  });
}

void RingAllReduce::run(std::size_t rank, Device& device) {
  const std::size_t count = arrays_.size();
  if (count == 1) return;
  const std::size_t left = (rank + count - 1) % count;
  const std::size_t right = (rank + 1) % count;
  // Own counter; all workers begin a round with the same.
  std::uint32_t progress = workers_[rank].progress.load(std::memory_order_relaxed);

  advance(rank);  // ready: the array may be read
  for (std::size_t step = 0; step + 1 < count; ++step) {
    wait_for(left, ++progress, device);
    const std::size_t number = (rank + 2 * count - step - 1) % count;
    const std::span<float> mine = chunk(rank, number);
    const std::span<const float> its = chunk(left, number);
    device.run("allreduce.reduce_scatter", {{mine.size()}, {its.size()}}, {mine.size()}, [&] {
      for (std::size_t i = 0; i < mine.size(); ++i) mine[i] += its[i];
    });
    advance(rank);
  }
  for (std::size_t step = 0; step + 1 < count; ++step) {
    wait_for(left, ++progress, device);
    const std::size_t number = (rank + count - step) % count;
    const std::span<float> mine = chunk(rank, number);
    const std::span<const float> its = chunk(left, number);
    device.run("allreduce.all_gather", {{its.size()}}, {mine.size()}, [&] { std::ranges::copy(its, mine.begin()); });
    advance(rank);
  }
  wait_for(right, progress + 1, device);  // it has read the last chunk
}

}  // namespace ringtail::demo
