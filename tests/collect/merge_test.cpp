#include "collect/merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ringtail {
namespace {

std::vector<MergeKey> random_keys(std::mt19937_64& random, std::size_t count, std::uint32_t threads,
                                  std::int64_t span) {
  std::vector<MergeKey> keys;
  for (std::uint32_t i = 0; i < count; ++i) {
    keys.push_back({static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(span)) - span / 2,
                    ThreadId{static_cast<std::uint32_t>(random() % threads)}, i});
  }
  return keys;
}

TEST(Merge, OrdersByBeginThreadAndArrival) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    const std::uint32_t threads = 1 + static_cast<std::uint32_t>(random() % 9);
    std::vector<MergeKey> keys =
        random_keys(random, random() % 200, threads, 1 + static_cast<std::int64_t>(random() % 50));
    std::vector<MergeKey> expected = keys;
    std::ranges::sort(expected);
    order(keys, threads);
    ASSERT_EQ(keys, expected);
  }
}

TEST(Merge, LeavesNothingAsNothing) {
  std::vector<MergeKey> keys;
  order(keys, 0);
  order(keys, 5);
  EXPECT_TRUE(keys.empty());
}

TEST(Merge, SkipsThreadsWithoutRecords) {
  std::vector<MergeKey> keys{{5, ThreadId{7}, 0}, {3, ThreadId{2}, 1}};
  order(keys, 9);
  EXPECT_EQ(keys[0].thread, ThreadId{2});
  EXPECT_EQ(keys[1].thread, ThreadId{7});
}

}  // namespace
}  // namespace ringtail
