// tools/ringtail/demo/ring_allreduce.h
//
// The sum of one array per worker, left in every array: a ring, as collective libraries do it.
//
//     reduce-scatter   The arrays are cut into as many chunks as there are workers. In step s worker r takes
//                      chunk r-s-1 from its left neighbour and adds it to its own; after N-1 steps it holds
//                      the whole sum of chunk r+1.
//     all-gather       In step s worker r copies chunk r-s from its left neighbour; after N-1 steps all have
//                      all sums.
//
// Every chunk is summed in one place in ring order, so all workers end with the same bits. A worker reads its left
// neighbour's array directly, once that has made enough progress; each wait, addition and copy is a span.
//
// Threads  run(): one per rank, all ranks together; a worker returns when its right neighbour has taken what
//          it needs, and may then write its array.
//
// Ordering
//   A1 -> A2   a worker releases `progress` after its step, its neighbours acquire it: chunks that the step
//              wrote are whole, chunks that it read may be written.
// Nobody writes a chunk that is still to be read: chunk c of worker r-1 is written in the all-gather only with the
// whole sum, which contains what worker r read of it before.
//
// Source   Patarasuk, Yuan 2009: Bandwidth optimal all-reduce algorithms for clusters of workstations.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "demo/device.h"

namespace ringtail::demo {

class RingAllReduce {
 public:
  // Requires: arrays of equal size, at least one.
  explicit RingAllReduce(std::vector<std::span<float>> arrays);

  void run(std::size_t rank, Device& device);

 private:
  struct alignas(kCacheLineBytes) Worker {
    std::atomic<std::uint32_t> progress{0};  // steps since the start, one per round more for "ready"
  };

  [[nodiscard]] std::span<float> chunk(std::size_t rank, std::size_t number) const;
  void advance(std::size_t rank);
  void wait_for(std::size_t rank, std::uint32_t progress, Device& device);

  std::vector<std::span<float>> arrays_;
  std::unique_ptr<Worker[]> workers_;
};

}  // namespace ringtail::demo
