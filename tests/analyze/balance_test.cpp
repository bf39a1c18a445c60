#include "ringtail/analyze/balance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(LoadBalance, ComparesTheBusiestDeviceWithTheMean) {
  const Trace trace = TraceBuilder().on("gpu:0").untimed("a", 300us).on("gpu:1").untimed("a", 100us).build();
  const auto balance = load_balance_metrics(trace);
  ASSERT_TRUE(balance);
  EXPECT_EQ(balance->total_duration_us, 400.0);
  EXPECT_EQ(balance->ideal_duration_us, 200.0);
  EXPECT_EQ(balance->max_duration_us, 300.0);
  EXPECT_EQ(balance->imbalance_ratio, 0.5);
}

TEST(LoadBalance, SaysNothingAboutFewerThanTwoDevices) {
  EXPECT_FALSE(load_balance_metrics(Trace{}));
  EXPECT_FALSE(load_balance_metrics(TraceBuilder().untimed("a", 1us).on("gpu:0").untimed("a", 1us).build()));
}

TEST(LoadBalance, SortsAndAddsDevicesByName) {
  const Trace trace = TraceBuilder()
                          .on("gpu:2")
                          .untimed_us("a", 1e16)
                          .on("gpu:10")
                          .untimed_us("a", 1.0)
                          .on("gpu:1")
                          .untimed_us("a", 1.0)
                          .build();
  const auto balance = load_balance_metrics(trace);
  ASSERT_TRUE(balance);
  EXPECT_THAT(balance->per_device_duration_us,
              ElementsAre(Pair("gpu:1", 1.0), Pair("gpu:10", 1.0), Pair("gpu:2", 1e16)));
  EXPECT_EQ(balance->total_duration_us, 2.0 + 1e16);
}

TEST(LoadBalance, HasNoImbalanceWhereNothingTookTime) {
  const auto balance =
      load_balance_metrics(TraceBuilder().on("a").untimed("x", 0us).on("b").untimed("x", 0us).build());
  ASSERT_TRUE(balance);
  EXPECT_EQ(balance->imbalance_ratio, 0.0);
}

TEST(LoadBalance, CountsADeviceWhoseSpansWereAllFolded) {
  const auto balance =
      load_balance_metrics(TraceBuilder().thread("t").on("a").untimed("x", 3us).on("b").folded("x", 9, 1us).build());
  ASSERT_TRUE(balance);
  EXPECT_THAT(balance->per_device_duration_us, ElementsAre(Pair("a", 3.0), Pair("b", 1.0)));
}

}  // namespace
}  // namespace ringtail::inline v1
