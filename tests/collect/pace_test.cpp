#include "collect/pace.h"

#include <gtest/gtest.h>

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

constexpr auto kShortest = 100us;
constexpr auto kLongest = 5ms;

// The interval after so many passes that all found `fullest`.
Pace::Duration after_passes(Pace& pace, int passes, double fullest, Pace::Duration interval = kShortest) {
  for (int i = 0; i < passes; ++i) interval = pace.after(fullest, interval);
  return interval;
}

TEST(Pace, StaysShortWhileRingsFill) {
  Pace pace(kShortest, kLongest);
  EXPECT_EQ(after_passes(pace, 20'000, 0.3), kShortest);
}

TEST(Pace, AssumesFastThreadsBeforeItKnowsThem) {
  Pace pace(kShortest, kLongest);
  EXPECT_LE(after_passes(pace, 100, 0.0), 164us);
}

TEST(Pace, SlowsDownToTheLongestOnceNothingCameForASecond) {
  Pace pace(kShortest, kLongest);
  EXPECT_EQ(after_passes(pace, 12'000, 0.0), kLongest);
}

TEST(Pace, IsAtOnceShortWhenSomethingComesAfterSilence) {
  Pace pace(kShortest, kLongest);
  const auto interval = after_passes(pace, 12'000, 0.0);
  EXPECT_EQ(pace.after(0.001, interval), kShortest);
}

TEST(Pace, IsAtOnceShortWhenARingFills) {
  Pace pace(kShortest, kLongest);
  const auto interval = after_passes(pace, 20'000, 0.0001);
  EXPECT_GT(interval, 1ms);
  EXPECT_EQ(pace.after(0.5, interval), kShortest);
}

TEST(Pace, LooksTwiceInTheTimeInWhichTheFastestRingFilled) {
  Pace pace(kShortest, kLongest);
  static_cast<void>(pace.after(0.1, 200us));  // full in 2 ms
  const auto interval = after_passes(pace, 40'000, 0.00001);
  EXPECT_EQ(interval, 1ms);
}

TEST(Pace, HurriesWhenToldTo) {
  Pace pace(kShortest, kLongest);
  const auto interval = after_passes(pace, 12'000, 0.0);
  pace.hurry();
  EXPECT_LE(pace.after(0.0, interval), 2 * kShortest);
}

TEST(Pace, NeverSlowsDownWhereTheLongestIsTheShortest) {
  Pace pace(kShortest, kShortest);
  EXPECT_EQ(after_passes(pace, 20'000, 0.0), kShortest);
}

}  // namespace
}  // namespace ringtail::inline v1
