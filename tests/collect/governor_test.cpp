#include "collect/governor.h"

#include <gtest/gtest.h>

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

constexpr RecordingCosts kCosts{.recorded_ns = 20, .folded_ns = 25, .sampled_out_ns = 2};
constexpr Nanoseconds kLook = 20ms;

// A thread that makes `spans` per look, thinned as the governor says: what it costs, as a share of its time.
double share_after(Governor& governor, std::uint64_t spans, int looks) {
  double share = 0.0;
  for (int i = 0; i < looks; ++i) {
    const std::uint64_t kept = spans >> governor.thinning();
    governor.add({kept, spans - kept}, kLook);
    governor.decide();
    share =
        (static_cast<double>(kept) * 20 + static_cast<double>(spans - kept) * 2) / static_cast<double>(kLook.count());
  }
  return share;
}

TEST(Governor, LeavesALoadWithinTheBudgetAlone) {
  Governor governor(0.01, kCosts);
  share_after(governor, 9'000, 50);  // 0.9 %
  EXPECT_EQ(governor.thinning(), 0U);
}

TEST(Governor, BringsALoadBelowTheBudgetWithinTwoLooks) {
  Governor governor(0.01, kCosts);
  EXPECT_LE(share_after(governor, 50'000, 3), 0.01);  // 5 % unthinned
  EXPECT_GT(governor.thinning(), 0U);
}

TEST(Governor, GoesByTheBusiestThread) {
  Governor governor(0.01, kCosts);
  governor.add({100, 0}, kLook);
  governor.add({80'000, 0}, kLook);
  governor.add({100, 0}, kLook);
  EXPECT_GE(governor.decide(), 3U);
}

TEST(Governor, StopsThinningWhereTheSampledOutSpansAloneExceedTheBudget) {
  Governor governor(0.001, kCosts);
  share_after(governor, 100'000, 50);  // 1 % for deciding alone
  const unsigned reached = governor.thinning();
  share_after(governor, 100'000, 50);
  EXPECT_EQ(governor.thinning(), reached);
  EXPECT_LT(reached, 20U);
}

TEST(Governor, DoesNotGiveUpGovernedSpansForALoadThatIsNotGoverned) {
  Governor governor(0.01, kCosts);
  int thinned = 0;
  for (int i = 0; i < 200; ++i) {
    governor.add({80'000, 0}, kLook);  // however much is thinned
    thinned += governor.decide() > 0 ? 1 : 0;
  }
  EXPECT_LE(thinned, 8);
  EXPECT_LE(governor.thinning(), 4U);
}

TEST(Governor, TakesTheThinningBackWhenTheLoadIsGoneForAWhile) {
  Governor governor(0.01, kCosts);
  share_after(governor, 50'000, 3);
  ASSERT_GT(governor.thinning(), 0U);
  share_after(governor, 0, 9);
  EXPECT_GT(governor.thinning(), 0U);
  share_after(governor, 100, 100);
  EXPECT_EQ(governor.thinning(), 0U);
}

TEST(Governor, DoesNotSwingWhenTheLoadStays) {
  Governor governor(0.01, kCosts);
  share_after(governor, 40'000, 5);
  const unsigned settled = governor.thinning();
  for (int i = 0; i < 100; ++i) {
    share_after(governor, 40'000, 1);
    EXPECT_LE(governor.thinning(), settled);
    EXPECT_GE(governor.thinning() + 1, settled);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
