#include "collect/clock_map.h"

#include <gtest/gtest.h>

#include <random>

namespace ringtail::inline v1 {
namespace {

ClockPair pair_of(std::uint64_t ticks, std::int64_t ns) { return {Ticks{ticks}, Nanoseconds{ns}}; }

TEST(ClockMap, GoesThroughItsPairsAndStraightBetweenThem) {
  const ClockMap map(Clock::Source::kCounter, {pair_of(1000, 500), pair_of(3000, 1500), pair_of(5000, 3500)});
  EXPECT_EQ(map.to_ns(1000), 500);
  EXPECT_EQ(map.to_ns(2000), 1000);
  EXPECT_EQ(map.to_ns(4000), 2500);
  EXPECT_EQ(map.to_ns(0), 0);        // before: the first segment goes on
  EXPECT_EQ(map.to_ns(6000), 4500);  // after: the last one does
  EXPECT_EQ(map.duration_ns(4000), 3000);
}

TEST(ClockMap, IsTheIdentityForAClockOfNanoseconds) {
  const ClockMap map(Clock::Source::kMonotonic, {pair_of(10, 10), pair_of(20, 20)});
  EXPECT_EQ(map.to_ns(123'456'789), 123'456'789);
  EXPECT_EQ(map.duration_ns(7), 7);
}

TEST(ClockMap, LeavesOutPairsThatDoNotAdvance) {
  const ClockMap map(Clock::Source::kCounter,
                     {pair_of(10, 100), pair_of(10, 150), pair_of(30, 90), pair_of(20, 110)});
  EXPECT_EQ(map.to_ns(15), 105);
}

TEST(ClockMap, KeepsTheOrderOfTicks) {
  std::mt19937_64 random(7);
  std::vector<ClockPair> pairs;
  std::uint64_t ticks = 1'000'000;
  std::int64_t ns = 5'000;
  for (int i = 0; i < 50; ++i) {
    pairs.push_back(pair_of(ticks, ns));
    ticks += 1 + random() % 5'000'000'000;
    ns += 1 + static_cast<std::int64_t>(random() % 2'000'000'000);
  }
  const ClockMap map(Clock::Source::kCounter, pairs);
  std::int64_t last = map.to_ns(0);
  for (const ClockPair& pair : pairs) {
    for (std::uint64_t tick = pair.ticks.value - 3; tick < pair.ticks.value + 4; ++tick) {
      ASSERT_LE(last, map.to_ns(tick));
      last = map.to_ns(tick);
    }
  }
}

TEST(ClockMap, LosesNoNanosecondInADay) {
  const std::uint64_t ticks_per_day = 86'400ULL * 2'596'146'123ULL;
  const std::int64_t ns_per_day = 86'400'000'000'000;
  const ClockMap map(Clock::Source::kCounter, {pair_of(0, 0), pair_of(ticks_per_day, ns_per_day)});
  EXPECT_NEAR(static_cast<double>(map.to_ns(ticks_per_day / 2) - ns_per_day / 2), 0.0, 1.0);
}

TEST(Clock, BestAdvancesWithTheSystemsClock) {
  const Clock clock = Clock::best();
  const ClockPair a = clock.pair();
  while (clock.pair().monotonic - a.monotonic < std::chrono::milliseconds{2}) {
  }
  const ClockPair b = clock.pair();
  EXPECT_GT(b.ticks, a.ticks);
  const ClockMap map(clock.source(), {a, b});
  // The rate is known to some 100 ns in 2 ms, and the walk to the third moment adds its share of that error.
  const std::int64_t before = clock.pair().monotonic.count();
  const std::int64_t mapped = map.to_ns(clock.now().value);
  const std::int64_t after = clock.pair().monotonic.count();
  EXPECT_GE(mapped, before - 10'000 - (before - a.monotonic.count()) / 1'000);
  EXPECT_LE(mapped, after + 10'000 + (after - a.monotonic.count()) / 1'000);
}

}  // namespace
}  // namespace ringtail::inline v1
