#include "tools/ringtail/demo/ring_allreduce.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "tools/ringtail/demo/random.h"
#include "tools/ringtail/demo/sum_check.h"

namespace ringtail::demo {
namespace {

using Arrays = std::vector<std::vector<float>>;

Arrays random_arrays(std::size_t workers, std::size_t elements, std::uint64_t seed) {
  Arrays arrays(workers, std::vector<float>(elements));
  Random random({seed, workers, elements});
  for (auto& array : arrays) {
    for (float& value : array) value = random.normal();
  }
  return arrays;
}

// Calls work(rank, device) on a thread per array.
template <class Work>
std::vector<Tally> on_threads(std::size_t workers, Work work) {
  std::vector<Tally> tallies(workers);
  std::vector<std::jthread> threads;
  for (std::size_t rank = 0; rank < workers; ++rank) {
    threads.emplace_back([&, rank] {
      Device device("gpu:" + std::to_string(rank), Recorder());
      work(rank, device);
      tallies[rank] = device.tally();
    });
  }
  threads.clear();
  return tallies;
}

RingAllReduce ring_over(Arrays& arrays) {
  return RingAllReduce(std::vector<std::span<float>>(arrays.begin(), arrays.end()));
}

TEST(RingAllReduce, LeavesThePlainSumInEveryArray) {
  for (std::size_t workers = 1; workers <= 5; ++workers) {
    for (const std::size_t elements : {0UL, 1UL, 3UL, 7UL, 64UL, 1001UL}) {
      Arrays arrays = random_arrays(workers, elements, 1);
      SumCheck check(workers, elements);
      for (std::size_t rank = 0; rank < workers; ++rank) check.keep(rank, 0, arrays[rank]);
      RingAllReduce ring = ring_over(arrays);
      on_threads(workers, [&](std::size_t rank, Device& device) { ring.run(rank, device); });
      for (std::size_t rank = 0; rank < workers; ++rank) {
        EXPECT_LE(check.largest_error(rank, 0, arrays[rank]), check.tolerance())
            << workers << " workers, " << elements << " elements";
        EXPECT_EQ(arrays[rank], arrays[0]) << workers << " workers, " << elements << " elements";
      }
    }
  }
}

TEST(RingAllReduce, LetsAWorkerWriteItsArrayAsSoonAsItReturns) {
  constexpr std::size_t kWorkers = 4;
  constexpr int kRounds = 300;
  Arrays arrays(kWorkers, std::vector<float>(37));
  RingAllReduce ring = ring_over(arrays);
  std::vector<int> wrong(kWorkers, 0);
  on_threads(kWorkers, [&](std::size_t rank, Device& device) {
    for (int round = 0; round < kRounds; ++round) {
      std::ranges::fill(arrays[rank], static_cast<float>(round + static_cast<int>(rank)));
      ring.run(rank, device);
      const auto sum = static_cast<float>(4 * round + 6);
      wrong[rank] += std::ranges::count(arrays[rank], sum) == 37 ? 0 : 1;
    }
  });
  EXPECT_EQ(wrong, std::vector<int>(kWorkers, 0));
}

TEST(RingAllReduce, IsAFixedNumberOfSpansWhateverTheThreadsDo) {
  Arrays arrays = random_arrays(4, 100, 2);
  RingAllReduce ring = ring_over(arrays);
  const auto tallies = on_threads(4, [&](std::size_t rank, Device& device) { ring.run(rank, device); });
  for (const Tally& tally : tallies) EXPECT_EQ(tally.spans(), 3U + 3U + 7U);
}

TEST(SumCheck, NoticesAWrongSum) {
  SumCheck check(2, 4);
  const std::vector<float> parts = {1.0F, 2.0F, 3.0F, 4.0F};
  check.keep(0, 0, parts);
  check.keep(1, 0, parts);
  EXPECT_EQ(check.largest_error(0, 0, std::vector<float>{2.0F, 4.0F, 6.0F, 8.0F}), 0.0);
  EXPECT_GT(check.largest_error(0, 0, std::vector<float>{2.0F, 4.001F, 6.0F, 8.0F}), check.tolerance());
}

}  // namespace
}  // namespace ringtail::demo
