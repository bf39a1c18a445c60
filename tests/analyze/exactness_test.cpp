#include "ringtail/analyze/exactness.h"

#include <gtest/gtest.h>

#include "tests/support/trace_builder.h"

namespace ringtail {
namespace {

using namespace std::chrono_literals;

constexpr Analysis kAll[] = {Analysis::kTotals,      Analysis::kLoadBalance, Analysis::kCommunication,
                             Analysis::kTotalMemory, Analysis::kPeakMemory,  Analysis::kMemoryHotspots,
                             Analysis::kSlowest,     Analysis::kThroughput,  Analysis::kFlamegraph};

TEST(ExactnessOf, IsExactForEveryAnalysisOfACompleteTrace) {
  const Trace trace = TraceBuilder().thread("t").on("gpu:0").span("a", 0ns, 5ns).build();
  for (const Analysis analysis : kAll) EXPECT_EQ(exactness_of(analysis, trace), Exactness::kExact);
}

TEST(ExactnessOf, KeepsSumsExactAndListsLowerBoundsWhenSpansAreFolded) {
  const Trace trace = TraceBuilder().thread("t").span("a", 0ns, 5ns).folded("a", 3, 9us).build();
  for (const Analysis sum :
       {Analysis::kTotals, Analysis::kLoadBalance, Analysis::kCommunication, Analysis::kTotalMemory}) {
    EXPECT_EQ(exactness_of(sum, trace), Exactness::kExact);
  }
  for (const Analysis list :
       {Analysis::kPeakMemory, Analysis::kMemoryHotspots, Analysis::kSlowest, Analysis::kThroughput}) {
    EXPECT_EQ(exactness_of(list, trace), Exactness::kLowerBound);
  }
  EXPECT_EQ(exactness_of(Analysis::kFlamegraph, trace), Exactness::kEstimate);
}

TEST(ExactnessOf, MakesSumsLowerBoundsWhenLossesHaveNoTotals) {
  Trace trace = TraceBuilder().thread("t").span("a", 0ns, 5ns).folded("a", 3, 9us).build();
  trace.losses[0].count = 4;
  for (const Analysis analysis : kAll) EXPECT_EQ(exactness_of(analysis, trace), Exactness::kLowerBound);
}

TEST(ExactnessOf, MakesBytesALowerBoundWhenShapesWereDropped) {
  TraceEntry entry = make_entry(0, "a");
  entry.shapes_dropped = true;
  const Trace in_row = TraceBuilder().entry(entry).build();
  Trace in_account = TraceBuilder().thread("t").span("a", 0ns, 5ns).build();
  in_account.threads[0].shapes_dropped = 1;
  for (const Trace* trace : std::initializer_list<const Trace*>{&in_row, &in_account}) {
    EXPECT_EQ(exactness_of(Analysis::kTotalMemory, *trace), Exactness::kLowerBound);
    EXPECT_EQ(exactness_of(Analysis::kPeakMemory, *trace), Exactness::kLowerBound);
    EXPECT_EQ(exactness_of(Analysis::kMemoryHotspots, *trace), Exactness::kLowerBound);
    EXPECT_EQ(exactness_of(Analysis::kTotals, *trace), Exactness::kExact);
    EXPECT_EQ(exactness_of(Analysis::kSlowest, *trace), Exactness::kExact);
  }
}

TEST(ExactnessOf, HasAWordForEachAnswer) {
  EXPECT_STREQ(name_of(Exactness::kExact), "exact");
  EXPECT_STREQ(name_of(Exactness::kLowerBound), "lower bound");
  EXPECT_STREQ(name_of(Exactness::kEstimate), "estimate");
}

}  // namespace
}  // namespace ringtail
