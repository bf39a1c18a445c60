#include "ringtail/analyze/communication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::vector<std::string> names(const std::vector<CommunicationBottleneck>& bottlenecks) {
  std::vector<std::string> names;
  for (const CommunicationBottleneck& bottleneck : bottlenecks) names.push_back(bottleneck.operation);
  return names;
}

TEST(IsCommunication, FindsTheSevenWordsAnywhereInAnyCase) {
  struct Case {
    const char* name;
    bool expected;
  };
  const Case kCases[] = {
      {"allreduce", true},
      {"ncclDevKernel_AllReduce_Sum", true},
      {"all_gather", true},
      {"allgather", false},
      {"xREDUCE_SCATTERx", true},
      {"Broadcast", true},
      {"SEND", true},
      {"reCV", true},
      {"command", true},
      {"com", false},
      {"", false},
      {"all\0reduce", false},
      {"matmul", false},
      {"sen", false},
      {"sesend", true},
      {"comcomm", true},
  };
  for (const Case& c : kCases) EXPECT_EQ(is_communication(c.name), c.expected) << c.name;
}

TEST(CommunicationBottlenecks, GroupsByExactNameAndGivesTheLongestFirst) {
  const Trace trace = TraceBuilder()
                          .untimed("send", 100us)
                          .untimed("matmul", 200us)
                          .untimed("AllReduce", 300us)
                          .untimed("send", 350us)
                          .untimed("allreduce", 50us)
                          .build();
  EXPECT_THAT(communication_bottlenecks(trace, 0.0),
              ElementsAre(CommunicationBottleneck{"send", 450.0, 0.45, 2},
                          CommunicationBottleneck{"AllReduce", 300.0, 0.3, 1},
                          CommunicationBottleneck{"allreduce", 50.0, 0.05, 1}));
}

TEST(CommunicationBottlenecks, KeepsARatioEqualToTheMinimum) {
  const Trace trace = TraceBuilder().untimed("send", 25us).untimed("recv", 24us).untimed("matmul", 51us).build();
  EXPECT_THAT(names(communication_bottlenecks(trace, 0.25)), ElementsAre("send"));
}

TEST(CommunicationBottlenecks, OrdersEqualDurationsByName) {
  const Trace trace = TraceBuilder().untimed("send", 5us).untimed("Send", 5us).untimed("recv", 5us).build();
  EXPECT_THAT(names(communication_bottlenecks(trace, 0.0)), ElementsAre("Send", "recv", "send"));
}

TEST(CommunicationBottlenecks, DividesByWhatTheTraceSaysItsTotalIs) {
  Trace trace = TraceBuilder().untimed("send", 6us).build();
  trace.total_duration_us = 3.0;
  EXPECT_EQ(communication_bottlenecks(trace, 2.0).at(0).ratio_of_total, 2.0);
  trace.total_duration_us = 0.0;
  EXPECT_EQ(communication_bottlenecks(trace, 2.0).at(0).ratio_of_total, 6.0 / 1e-9);
}

TEST(CommunicationBottlenecks, IncludesFoldedSpans) {
  const Trace trace =
      TraceBuilder().thread("t").untimed("send", 1us).folded("send", 3, 2us).folded("recv", 1, 1us).build();
  EXPECT_THAT(communication_bottlenecks(trace, 0.0), ElementsAre(CommunicationBottleneck{"send", 3.0, 0.75, 4},
                                                                 CommunicationBottleneck{"recv", 1.0, 0.25, 1}));
}

TEST(CommunicationBottlenecks, KeepsNothingWhenTheMinimumIsNotANumber) {
  const Trace trace = TraceBuilder().untimed("send", 1us).build();
  EXPECT_TRUE(communication_bottlenecks(trace, std::numeric_limits<double>::quiet_NaN()).empty());
}

}  // namespace
}  // namespace ringtail::inline v1
