#include "ringtail/analyze/exactness.h"

#include <gtest/gtest.h>

#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

constexpr Analysis kAll[] = {Analysis::kTotals,      Analysis::kLoadBalance, Analysis::kCommunication,
                             Analysis::kTotalMemory, Analysis::kPeakMemory,  Analysis::kMemoryHotspots,
                             Analysis::kSlowest,     Analysis::kThroughput,  Analysis::kFlamegraph,
                             Analysis::kActivity,    Analysis::kAccounts};

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
  for (const Analysis list : {Analysis::kPeakMemory, Analysis::kMemoryHotspots, Analysis::kSlowest,
                              Analysis::kThroughput, Analysis::kActivity}) {
    EXPECT_EQ(exactness_of(list, trace), Exactness::kLowerBound);
  }
  EXPECT_EQ(exactness_of(Analysis::kFlamegraph, trace), Exactness::kEstimate);
}

// What was asked for leaves the same holes.
TEST(ExactnessOf, TakesDeliberateCausesAsAnyOther) {
  for (const LossCause cause : {LossCause::kFiltered, LossCause::kOverwritten}) {
    const Trace trace = TraceBuilder().thread("t").span("a", 0ns, 5ns).folded("a", 3, 9us, 0, cause).build();
    EXPECT_EQ(exactness_of(Analysis::kTotals, trace), Exactness::kExact);
    EXPECT_EQ(exactness_of(Analysis::kActivity, trace), Exactness::kLowerBound);
  }
}

Trace sampled_trace() {
  return TraceBuilder()
      .thread("t")
      .category({.name = "op", .one_in = 4})
      .category({.name = "host", .recorded = false})
      .weight(4)
      .span("a", 0ns, 5ns)
      .sampled_out(3)
      .build();
}

TEST(ExactnessOf, MakesSumsEstimatesAndTheTimelineALowerBoundWhenSpansWereSampled) {
  Trace by_count = sampled_trace();
  by_count.threads[0].sampled_out = 0;
  Trace by_total = TraceBuilder().thread("t").span("a", 0ns, 5ns).build();
  by_total.folded = {{.count = 1, .extra = 1}};
  by_total.losses = {{.thread = ThreadId{0}, .count = 1}};
  for (const Trace& trace : {sampled_trace(), by_count, by_total}) {
    for (const Analysis sum : {Analysis::kTotals, Analysis::kLoadBalance, Analysis::kCommunication,
                               Analysis::kTotalMemory, Analysis::kFlamegraph}) {
      EXPECT_EQ(exactness_of(sum, trace), Exactness::kEstimate);
    }
    for (const Analysis single : {Analysis::kPeakMemory, Analysis::kMemoryHotspots, Analysis::kSlowest,
                                  Analysis::kThroughput, Analysis::kActivity}) {
      EXPECT_EQ(exactness_of(single, trace), Exactness::kLowerBound);
    }
    EXPECT_EQ(exactness_of(Analysis::kAccounts, trace), Exactness::kExact);
  }
}

TEST(ExactnessOf, KnowsNoLowerBoundOfASampleWithLossesThatHaveNoTotals) {
  Trace trace = sampled_trace();
  trace.losses.push_back({.thread = ThreadId{0}, .count = 1});
  EXPECT_EQ(exactness_of(Analysis::kTotals, trace), Exactness::kEstimate);
}

TEST(SamplingOf, CountsWhatWasTimedAndSaysTheRates) {
  EXPECT_EQ(sampling_of(sampled_trace()), (Sampling{.timed = 1, .sampled_out = 3, .spans = 4, .rates = {{"op", 4}}}));
  Trace trace = sampled_trace();
  trace.folded = {{.count = 10, .extra = 30}};
  trace.categories.push_back({.name = "comm", .one_in = 2});
  EXPECT_EQ(sampling_of(trace),
            (Sampling{.timed = 11, .sampled_out = 3, .spans = 14, .rates = {{"op", 4}, {"comm", 2}}}));
}

TEST(SamplingOf, EstimatesTheSpansOfATraceWithoutAccountsFromItsWeights) {
  Trace trace = TraceBuilder().weight(4).span("a", 0ns, 5ns).weight(1).span("a", 5ns, 6ns).build();
  trace.folded = {{.count = 10, .extra = 30}};
  EXPECT_EQ(sampling_of(trace), (Sampling{.timed = 12, .sampled_out = 0, .spans = 45, .rates = {}}));
}

TEST(SamplingOf, IsNothingWhereEverySpanWasTimed) {
  const Trace trace = TraceBuilder()
                          .thread("t")
                          .category({.name = "op", .one_in = 4})  // and no span was of it
                          .span("a", 0ns, 5ns)
                          .folded("a", 3, 9us)
                          .build();
  EXPECT_FALSE(sampling_of(trace).has_value());
}

TEST(CompleteAsAsked, ForgivesOnlyWhatTheProgramAskedFor) {
  TraceBuilder builder;
  builder.thread("t").span("a", 0ns, 5ns);
  EXPECT_TRUE(complete_as_asked(builder.build()));
  builder.folded("a", 3, 9us, 0, LossCause::kFiltered).folded("a", 3, 9us, 0, LossCause::kOverwritten);
  EXPECT_TRUE(complete_as_asked(builder.build()));
  EXPECT_TRUE(complete_as_asked(sampled_trace()));
  for (const LossCause cause : {LossCause::kRingFull, LossCause::kNoRing, LossCause::kMemoryBound}) {
    EXPECT_FALSE(complete_as_asked(TraceBuilder(builder).folded("a", 1, 9us, 0, cause).build())) << name_of(cause);
  }
  Trace unexplained = builder.build();
  unexplained.folded[0].count += 1;
  EXPECT_FALSE(complete_as_asked(unexplained));
}

TEST(ExactnessOf, MakesSumsLowerBoundsWhenLossesHaveNoTotals) {
  Trace trace = TraceBuilder().thread("t").span("a", 0ns, 5ns).folded("a", 3, 9us).build();
  trace.losses[0].count = 4;
  for (const Analysis analysis : kAll) EXPECT_EQ(exactness_of(analysis, trace), Exactness::kLowerBound);
}

// Of which a recovered file has a total, which knows their number alone.
TEST(ExactnessOf, MakesSumsLowerBoundsWhenSpansWereInADamagedPartOfTheFile) {
  Trace trace = TraceBuilder().thread("t").span("a", 0ns, 5ns).folded("(lost)", 3, 0us).build();
  trace.losses[0].cause = LossCause::kFileDamaged;
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

TEST(ExactnessOf, MakesEverythingALowerBoundWhenTheFileHadNoEnd) {
  Trace trace = TraceBuilder().thread("t").span("a", 0ns, 5ns).build();
  trace.metadata[kUnfinished] = "read 1 row in 2 chunks, no end";
  for (const Analysis analysis : kAll) {
    EXPECT_EQ(exactness_of(analysis, trace), Exactness::kLowerBound);
  }
  EXPECT_FALSE(complete_as_asked(trace));
  EXPECT_FALSE(trace.complete());
}

TEST(ExactnessOf, HasAWordForEachAnswer) {
  EXPECT_STREQ(name_of(Exactness::kExact), "exact");
  EXPECT_STREQ(name_of(Exactness::kLowerBound), "lower bound");
  EXPECT_STREQ(name_of(Exactness::kEstimate), "estimate");
}

}  // namespace
}  // namespace ringtail::inline v1
