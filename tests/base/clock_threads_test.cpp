#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <latch>
#include <thread>
#include <vector>

#include "base/clock_check.h"
#include "ringtail/base/clock.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kThreads = 4;

TEST(ClockThreads, AgreeOnTheBestSourceWhenAllAskFirst) {
  std::array<Clock::Source, kThreads> sources{};
  std::latch all_here(kThreads);
  {
    std::array<std::jthread, kThreads> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads[i] = std::jthread([&, i] {
        all_here.arrive_and_wait();
        sources[i] = Clock::best().source();
      });
    }
  }
  for (const Clock::Source source : sources) EXPECT_EQ(source, Clock::best().source());
}

TEST(ClockThreads, NeverSeeATimeBeforeOneThatAnotherHandedOver) {
  const Clock clock = Clock::monotonic();
  Ticks handed_over = clock.now();
  for (std::size_t i = 0; i < kThreads; ++i) {
    std::jthread([&] {
      const Ticks here = clock.now();
      EXPECT_GE(here, handed_over);
      handed_over = here;
    }).join();
  }
}

TEST(ClockThreads, ReadAManualClockWhileATestTurnsIt) {
  ManualClock time;
  const Clock clock = Clock::manual(time);
  std::jthread reader([&] {
    Ticks last = clock.now();
    while (last.value < 1000) {
      const Ticks now = clock.now();
      EXPECT_GE(now, last);
      last = now;
    }
  });
  for (int i = 0; i < 1000; ++i) time.advance(Nanoseconds{1});
}

// Of a counter of two ticks per nanosecond, on processors that are read a microsecond one after the other.
std::vector<ClockPair> walk(std::initializer_list<std::int64_t> off_by_ns) {
  std::vector<ClockPair> pairs;
  std::int64_t ns = 1'000'000;
  for (const std::int64_t off : off_by_ns) {
    pairs.push_back({Ticks{static_cast<std::uint64_t>(2 * (ns + off))}, Nanoseconds{ns}});
    ns += 1'000;
  }
  return pairs;
}

TEST(ClockCheck, TrustsACounterThatKeepsItsRelationOnEveryProcessor) {
  const ClockPair end{Ticks{2 * 3'000'000}, Nanoseconds{3'000'000}};
  EXPECT_TRUE(processors_agree(walk({0}), end));
  EXPECT_TRUE(processors_agree(walk({0, 900, -900, 0}), end));
}

TEST(ClockCheck, DistrustsACounterThatIsOffOnOneOfThem) {
  const ClockPair end{Ticks{2 * 3'000'000}, Nanoseconds{3'000'000}};
  EXPECT_FALSE(processors_agree(walk({0, 0, 0, 1'100}), end));
  EXPECT_FALSE(processors_agree(walk({0, -1'100, 0}), end));
  EXPECT_FALSE(processors_agree(walk({0, -500'000}), end));  // behind the first read
}

TEST(ClockCheck, DistrustsACounterThatStandsOrGoesBack) {
  const ClockPair begin = walk({0}).front();
  EXPECT_FALSE(processors_agree(walk({0}), {begin.ticks, Nanoseconds{3'000'000}}));
  EXPECT_FALSE(processors_agree(walk({0}), {Ticks{begin.ticks.value - 1}, Nanoseconds{3'000'000}}));
  EXPECT_FALSE(processors_agree(walk({0}), {Ticks{begin.ticks.value + 1}, begin.monotonic}));
}

}  // namespace
}  // namespace ringtail::inline v1
