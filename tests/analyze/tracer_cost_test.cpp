#include "ringtail/analyze/tracer_cost.h"

#include <gtest/gtest.h>

#include <limits>

#include "ringtail/base/saturating.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

// 40 ns a record, 30 ns a fold, 10 ns a span that is sampled out.
Trace costed_trace() {
  Trace trace;
  trace.threads = {{.name = "main",
                    .attempted = 1'000,
                    .recorded = 900,
                    .folded = 100,
                    .sampled_out = 2'000,
                    .held = 10ms,
                    .cpu = 5ms,
                    .blocked = 1ms},
                   {.name = "worker", .attempted = 50, .recorded = 50, .held = 1ms, .blocked = 3us}};
  trace.cost = TracerCost{.recorded_ns = 40.0,
                          .folded_ns = 30.0,
                          .sampled_out_ns = 10.0,
                          .collector_cpu = 20us,
                          .process_cpu = 8ms,
                          .wall = 12ms};
  return trace;
}

TEST(SaturatingTimes, EndAtTheLeastAndTheLargest) {
  constexpr Nanoseconds kLeast = Nanoseconds::min();
  constexpr Nanoseconds kLargest = Nanoseconds::max();
  constexpr Nanoseconds kOne{1};
  EXPECT_EQ(saturating_sum(kLargest, kOne), kLargest);
  EXPECT_EQ(saturating_sum(kLeast, -kOne), kLeast);
  EXPECT_EQ(saturating_sum(kLeast, kLargest), -kOne);
  EXPECT_EQ(saturating_difference(kLargest, -kOne), kLargest);
  EXPECT_EQ(saturating_difference(kLeast, kOne), kLeast);
  EXPECT_EQ(saturating_difference(Nanoseconds{0}, kLeast), kLargest);
  EXPECT_EQ(saturating_difference(kOne, kOne), Nanoseconds{0});
}

TEST(TracerCost, IsTheCallsOfEachThreadTimesWhatOneCosts) {
  const TracerCostReport report = tracer_cost(costed_trace());
  ASSERT_EQ(report.threads.size(), 2U);
  EXPECT_EQ(report.threads[0].spans, 3'000U);
  EXPECT_EQ(report.threads[0].recording, 900 * 40ns + 100 * 30ns + 2'000 * 10ns);
  EXPECT_EQ(report.threads[1].recording, 50 * 40ns);
  EXPECT_EQ(report.recording, 59us + 2us);
  EXPECT_EQ(report.unknown, "");
}

TEST(TracerCost, IsAShareOfTheTimeWithARecorderBlockingIncluded) {
  const TracerCostReport report = tracer_cost(costed_trace());
  EXPECT_DOUBLE_EQ(*report.threads[0].share_of_held, 1.059 / 10.0);
  EXPECT_DOUBLE_EQ(*report.threads[1].share_of_held, 0.005);
}

TEST(TracerCost, IsAShareOfCpuTimeWithoutBlockingWhereThatIsKnown) {
  const TracerCostReport report = tracer_cost(costed_trace());
  EXPECT_DOUBLE_EQ(*report.threads[0].share_of_cpu, 0.059 / 5.0);
  EXPECT_FALSE(report.threads[1].share_of_cpu.has_value());
}

TEST(TracerCost, OfTheProcessIsThatOfItsThreadsAndOfTheCollector) {
  const TracerCostReport report = tracer_cost(costed_trace());
  EXPECT_DOUBLE_EQ(*report.share_of_threads, 0.061 / 8.0);
  EXPECT_DOUBLE_EQ(*report.share_of_collector, 0.020 / 8.0);
  EXPECT_EQ(report.collector, 20us);
}

TEST(TracerCost, NamesTheThreadThatWasBlockedLongest) {
  Trace trace = costed_trace();
  EXPECT_EQ(tracer_cost(trace).blocked, 1'003us);
  EXPECT_EQ(tracer_cost(trace).most_blocked, ThreadId{0});
  trace.threads[1].blocked = 2ms;
  EXPECT_EQ(tracer_cost(trace).most_blocked, ThreadId{1});
  trace.threads[0].blocked = trace.threads[1].blocked = 0ns;
  EXPECT_EQ(tracer_cost(trace).most_blocked, kNoThread);
}

TEST(TracerCost, OfASpanFoldedBehindTheRingIsThatOfARecord) {
  for (const LossCause cause :
       {LossCause::kRingFull, LossCause::kNoRing, LossCause::kFiltered, LossCause::kMemoryBound,
        LossCause::kOverwritten, LossCause::kSinkFailed, LossCause::kFileDamaged}) {
    Trace trace = costed_trace();
    trace.threads.resize(1);
    trace.threads[0].sampled_out = 0;
    trace.losses = {{ThreadId{0}, kNoDevice, cause, 60}, {ThreadId{5}, kNoDevice, cause, 7}};
    const bool behind = cause == LossCause::kMemoryBound || cause == LossCause::kOverwritten ||
                        cause == LossCause::kSinkFailed || cause == LossCause::kFileDamaged;
    EXPECT_EQ(tracer_cost(trace).recording, behind ? 960 * 40ns + 40 * 30ns : 900 * 40ns + 100 * 30ns)
        << name_of(cause);
    trace.losses[0].count = UINT64_MAX;  // more than the thread folded
    EXPECT_EQ(tracer_cost(trace).recording, behind ? 1'000 * 40ns : 900 * 40ns + 100 * 30ns) << name_of(cause);
  }
}

TEST(TracerCost, IsUnknownWithoutCalibratedCostsButBlockingIsNot) {
  Trace trace = costed_trace();
  trace.cost.reset();
  const TracerCostReport report = tracer_cost(trace);
  EXPECT_EQ(report.unknown, "the trace does not say what recording a span cost");
  EXPECT_FALSE(report.recording.has_value());
  EXPECT_FALSE(report.threads[0].recording.has_value());
  EXPECT_FALSE(report.threads[0].share_of_held.has_value());
  EXPECT_FALSE(report.share_of_threads.has_value());
  EXPECT_EQ(report.threads[0].spans, 3'000U);
  EXPECT_EQ(report.blocked, 1'003us);
}

TEST(TracerCost, SaysWhichTimesAreUnknown) {
  Trace trace = costed_trace();
  trace.threads[1].held = 0ns;
  EXPECT_EQ(tracer_cost(trace).unknown, "the trace does not say how long 1 of 2 threads had a recorder");
  EXPECT_FALSE(tracer_cost(trace).threads[1].share_of_held.has_value());
  EXPECT_TRUE(tracer_cost(trace).threads[0].share_of_held.has_value());
  trace = costed_trace();
  trace.cost->process_cpu = 0ns;
  EXPECT_EQ(tracer_cost(trace).unknown, "the trace does not say how much CPU time the process used");
  EXPECT_FALSE(tracer_cost(trace).share_of_collector.has_value());
}

TEST(TracerCost, SurvivesImpossibleFigures) {
  Trace trace = costed_trace();
  trace.cost->recorded_ns = std::numeric_limits<double>::quiet_NaN();
  trace.cost->folded_ns = -5.0;
  trace.cost->sampled_out_ns = std::numeric_limits<double>::infinity();
  trace.cost->collector_cpu = Nanoseconds::min();
  trace.threads[0].blocked = trace.threads[1].blocked = Nanoseconds::max();
  const TracerCostReport report = tracer_cost(trace);
  EXPECT_EQ(report.recording, 0ns);
  EXPECT_EQ(report.collector, 0ns);
  EXPECT_EQ(report.blocked, Nanoseconds::max());
  trace = costed_trace();
  trace.threads[0].recorded = trace.threads[1].recorded = UINT64_MAX;
  EXPECT_EQ(tracer_cost(trace).recording, Nanoseconds::max());
}

TEST(TracerCost, TakesTheBusiestThreadAsABudgetDoes) {
  Trace trace = costed_trace();
  EXPECT_EQ(tracer_cost(trace).busiest, ThreadId{0});
  EXPECT_DOUBLE_EQ(*tracer_cost(trace).busiest_share, 0.0059);
  trace.threads[0].held = 59ms;  // blocked for longer than the other still, which is no matter
  EXPECT_EQ(tracer_cost(trace).busiest, ThreadId{1});
  EXPECT_DOUBLE_EQ(*tracer_cost(trace).busiest_share, 0.002);
  for (TraceThread& thread : trace.threads) thread.held = 0ns;
  EXPECT_EQ(tracer_cost(trace).busiest, kNoThread);
  EXPECT_FALSE(tracer_cost(trace).busiest_share.has_value());
}

TEST(BudgetOf, IsAShareOrNothing) {
  EXPECT_FALSE(budget_of(Trace{}).has_value());
  const std::pair<const char*, std::optional<double>> kCases[] = {
      {"0.01", 0.01}, {"1", 1.0}, {"1e-05", 1e-5}, {"0", {}},     {"1.5", {}}, {"-0.1", {}},
      {"nan", {}},    {"", {}},   {"0.01x", {}},   {" 0.01", {}}, {"1 %", {}}, {"inf", {}},
  };
  for (const auto& [text, budget] : kCases) {
    Trace trace;
    trace.metadata[std::string(kBudgetKey)] = text;
    EXPECT_EQ(budget_of(trace), budget) << text;
    EXPECT_EQ(tracer_cost(trace).budget, budget) << text;
  }
}

TEST(TracerCost, OfATraceWithoutThreadsIsNothing) {
  const TracerCostReport report = tracer_cost(Trace{});
  EXPECT_TRUE(report.threads.empty());
  EXPECT_EQ(report.most_blocked, kNoThread);
}

}  // namespace
}  // namespace ringtail::inline v1
