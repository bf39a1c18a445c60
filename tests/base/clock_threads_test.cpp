#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <thread>

#include "ringtail/base/clock.h"

namespace ringtail {
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

}  // namespace
}  // namespace ringtail
