#include "ringtail/analyze/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/support/golden_traces.h"
#include "tests/support/random_trace.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The names of what does not hold, in the order of check().
std::vector<std::string> broken(const Trace& trace) {
  std::vector<std::string> names;
  for (const Finding& finding : check(trace)) {
    if (!finding.ok) names.emplace_back(finding.what);
  }
  return names;
}

std::string detail(const Trace& trace, std::string_view what) {
  const auto findings = check(trace);
  const auto found = std::ranges::find(findings, what, &Finding::what);
  return found == findings.end() ? "no such check" : found->detail;
}

Trace sound_trace() {
  return TraceBuilder()
      .thread("main")
      .on("gpu:0")
      .shapes({{2}}, {2})
      .span("a", 0ns, 10ns)
      .span("b", 5ns, 20ns)
      .thread("worker")
      .span("a", 5ns, 9ns)
      .build();
}

TEST(Check, FindsNothingWrongWithASoundTrace) {
  EXPECT_THAT(broken(sound_trace()), IsEmpty());
  EXPECT_THAT(broken(Trace{}), IsEmpty());
  EXPECT_TRUE(is_consistent(check(sound_trace())));
}

TEST(Check, FindsTheContradictionsOfTheInconsistentTrace) {
  const Trace trace = inconsistent_trace();
  EXPECT_THAT(broken(trace), ElementsAre("total duration", "shapes", "steps"));
  EXPECT_EQ(detail(trace, "total duration"),
            "expected 26.000000000001002 us (sum of 5 rows and 0 folded spans), found 3 us");
  EXPECT_EQ(detail(trace, "shapes"),
            "expected elements and bytes as the shapes give, found 5 elements and 12 345 bytes where the "
            "shape gives 6 "
            "and 14 814 in row 0 (2 in all)");
  EXPECT_EQ(detail(trace, "steps"),
            "expected each step above all before it, found 1 rows that repeat the largest so far and 2 below it");
  EXPECT_FALSE(is_consistent(check(trace)));
}

TEST(Check, FindsOnlyTheTotalOfTheNumberFormsTraceWrong) {
  EXPECT_THAT(broken(number_forms_trace()), ElementsAre("total duration"));
}

TEST(Check, HoldsForWhatTheBuilderMakesWhateverItIs) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    for (const Finding& finding : check(random_trace(seed, false))) {
      EXPECT_TRUE(finding.ok || finding.severity == Severity::kNotice) << finding.what << ": " << finding.detail;
    }
  }
}

TEST(Check, ComparesTheTotalWithRowsAndFoldedSpansWithinRounding) {
  Trace trace = TraceBuilder().thread("t").untimed("a", 10us).folded("a", 2, 30us).build();
  trace.total_duration_us = 40.0 * (1 + 1e-10);
  EXPECT_THAT(broken(trace), ElementsAre("completeness"));
  trace.total_duration_us = 10.0;
  EXPECT_THAT(broken(trace), ElementsAre("total duration", "completeness"));
  trace.total_duration_us = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(broken(trace), ElementsAre("total duration", "completeness"));
}

TEST(Check, FindsAThreadWhoseAccountsDoNotAddUp) {
  Trace trace = sound_trace();
  trace.threads[1].attempted = 5;
  EXPECT_THAT(broken(trace), ElementsAre("thread accounts"));
  EXPECT_EQ(detail(trace, "thread accounts"),
            "expected attempted == recorded + folded, found 5 attempted, 1 recorded + 0 folded on thread 1 "
            "\"worker\" "
            "(1 in all)");
}

TEST(Check, FindsAThreadThatRecordedMoreThanItsRows) {
  Trace trace = sound_trace();
  trace.threads[0].attempted = trace.threads[0].recorded = 3;
  EXPECT_THAT(broken(trace), ElementsAre("thread rows"));
}

TEST(Check, FindsFoldedSpansThatTheLedgerDoesNotKnow) {
  Trace trace = TraceBuilder().thread("t").untimed("a", 1us).folded("a", 2, 3us).build();
  trace.losses.clear();
  EXPECT_THAT(broken(trace), ElementsAre("ledger", "completeness"));
}

TEST(Check, FindsALossBookedToTheWrongThread) {
  Trace trace = TraceBuilder().thread("t").folded("a", 2, 3us).thread("u").untimed("a", 1us).build();
  trace.losses[0].thread = ThreadId{1};
  EXPECT_THAT(broken(trace), ElementsAre("ledger", "completeness"));
}

TEST(Check, ComparesLossesWithTotalsAlsoInATraceWithoutThreads) {
  Trace trace = TraceBuilder().folded("a", 2, 3us).build();
  EXPECT_THAT(broken(trace), ElementsAre("completeness"));
  trace.losses[0].count = 3;
  EXPECT_THAT(broken(trace), ElementsAre("ledger", "completeness"));
}

TEST(Check, FindsRowsOfADeviceThatStepBack) {
  const auto rows = [](const char* first, const char* second) {
    return TraceBuilder().on(first).span("a", 5ns, 6ns).on(second).span("a", 4ns, 6ns).build();
  };
  EXPECT_THAT(broken(rows("gpu:0", "gpu:1")), IsEmpty());
  EXPECT_THAT(broken(rows("gpu:0", "gpu:0")), ElementsAre("order"));
}

TEST(Check, OrdersEqualBeginsByThread) {
  TraceBuilder builder;
  builder.thread("first").thread("second").span("a", 5ns, 6ns).thread("first").span("a", 5ns, 6ns);
  EXPECT_THAT(broken(builder.build()), ElementsAre("order"));
}

TEST(Check, DoesNotJudgeTheOrderOfRowsWithoutTimes) {
  const Trace trace = TraceBuilder().span("a", 5ns, 6ns).untimed("a", 1ns).span("a", 1ns, 2ns).build();
  EXPECT_THAT(broken(trace), IsEmpty());
  EXPECT_EQ(detail(trace, "order"), "not applicable: there are rows without a begin");
}

TEST(Check, FindsDurationsThatAreNegativeOrNotFinite) {
  EXPECT_THAT(broken(TraceBuilder().untimed_us("a", -0.5).build()), ElementsAre("durations"));
  EXPECT_THAT(broken(TraceBuilder().untimed_us("a", std::numeric_limits<double>::quiet_NaN()).build()),
              ElementsAre("durations", "total duration"));
}

TEST(Check, FindsIndexesOutOfTheirTables) {
  Trace trace = sound_trace();
  trace.open_spans.push_back({ThreadId{9}, OpId{0}, kNoDevice, 0, 0ns});
  EXPECT_THAT(broken(trace), ElementsAre("indexes", "open spans"));
  EXPECT_EQ(detail(trace, "indexes"),
            "expected every index in its table, found thread of an open span 9 of 2 (1 in all)");
  TraceEntry entry = make_entry(9, "a");
  entry.thread = ThreadId{7};
  EXPECT_THAT(broken(TraceBuilder().entry(entry).build()), ElementsAre("indexes"));
}

TEST(Check, NoticesClockStepsAndDroppedShapes) {
  Trace trace = sound_trace();
  trace.threads[0].clock_steps = 2;
  trace.threads[1].shapes_dropped = 3;
  EXPECT_THAT(broken(trace), ElementsAre("clock", "dropped shapes"));
  EXPECT_EQ(detail(trace, "clock"),
            "expected no span that ends before it begins, found 2 on thread 0 \"main\" (1 in all)");
  EXPECT_TRUE(is_consistent(check(trace)));
}

TEST(Check, TakesAnEmptyShapeWithoutElementsAsNothingSaid) {
  EXPECT_THAT(broken(TraceBuilder().bytes(4096).untimed("a", 1us).build()), IsEmpty());
}

TEST(Check, GivesEveryCheckOnceWhetherItHoldsOrNot) {
  const auto findings = check(Trace{});
  EXPECT_EQ(findings.size(), 16U);
  EXPECT_EQ(check(inconsistent_trace()).size(), findings.size());
}

// Two of eight spans were kept, one of them in a total.
Trace sampled_trace() {
  Trace trace = TraceBuilder()
                    .thread("main")
                    .category({.name = "op", .one_in = 4})
                    .weight(4)
                    .span("a", 0us, 10us)
                    .folded("b", 1, 12us)
                    .sampled_out(6)
                    .build();
  trace.folded[0].extra = 3;
  return trace;
}

TEST(Check, HoldsForASampledTraceAndSaysThatItIsOne) {
  EXPECT_THAT(broken(sampled_trace()), ElementsAre("completeness", "sampling"));
  EXPECT_EQ(detail(sampled_trace(), "sampling"), "expected every span timed, found 2 of 8: totals are estimates");
  EXPECT_TRUE(is_consistent(check(sampled_trace())));
}

TEST(Check, ExpectsWeightsOnlyWhereSpansWereSampled) {
  Trace trace = sampled_trace();
  trace.threads[0].sampled_out = 0;
  EXPECT_TRUE(is_consistent(check(trace)));  // the rate left nothing out by chance
  trace.categories.clear();
  EXPECT_THAT(broken(trace), ElementsAre("weights", "completeness", "sampling"));
  EXPECT_EQ(detail(trace, "weights"),
            "expected weights of 1, or more where spans were sampled, found weight 4 in row 0 (2 in all)");
  trace.threads[0].sampled_out = 1;
  EXPECT_TRUE(is_consistent(check(trace)));
}

TEST(Check, DoesNotJudgeWeightsWhereATraceSaysNothingOfItsSampling) {
  const Trace trace = TraceBuilder().weight(4).untimed("a", 1us).build();
  EXPECT_THAT(broken(trace), ElementsAre("sampling"));
  EXPECT_THAT(broken(TraceBuilder().weight(0).untimed("a", 1us).build()), ElementsAre("weights", "sampling"));
}

TEST(Check, WritesLargeNumbersInGroups) {
  Trace trace = TraceBuilder().thread("t").folded("a", 1'234'567, 3us).build();
  EXPECT_EQ(detail(trace, "completeness"), "expected every span as a row, found 1 234 567 that are not");
  trace.threads[0].held = 1us;
  trace.threads[0].blocked = Nanoseconds::min();
  EXPECT_EQ(detail(trace, "tracer times"),
            "expected times of parts within those of their whole, found blocked for -9 223 372 036 854 775 808 ns of "
            "1 000 ns on thread 0 \"t\" (1 in all)");
}

TEST(Check, ExpectsARowToStandForAtLeastOneSpan) {
  Trace trace = TraceBuilder().category({.name = "op", .one_in = 4}).weight(0).untimed("a", 1us).build();
  EXPECT_THAT(broken(trace), ElementsAre("weights", "sampling"));
}

TEST(Check, CountsARowInTheTotalDurationAsOftenAsItsWeightSays) {
  Trace trace = sampled_trace();
  EXPECT_EQ(trace.total_duration_us, 4 * 10.0 + 12.0);
  trace.total_duration_us = 10.0 + 12.0;
  EXPECT_THAT(broken(trace), ElementsAre("total duration", "completeness", "sampling"));
}

TEST(Check, ComparesFoldedSpansNotTheirWeightsWithTheAccounts) {
  Trace trace = sampled_trace();
  trace.folded[0].count = 4;
  trace.folded[0].extra = 0;
  EXPECT_THAT(broken(trace), ElementsAre("ledger", "completeness", "sampling"));
}

TEST(Check, SaysHowManyFoldedSpansWereAskedFor) {
  const Trace trace = TraceBuilder()
                          .thread("t")
                          .folded("a", 2, 3us, 0, LossCause::kFiltered)
                          .folded("a", 5, 3us, 0, LossCause::kOverwritten)
                          .folded("a", 1, 3us)
                          .build();
  EXPECT_EQ(detail(trace, "completeness"), "expected every span as a row, found 8 that are not, 7 of them as asked");
}

TEST(Check, NoticesTracerTimesLongerThanTheirWhole) {
  Trace trace = sound_trace();
  trace.threads[0].held = 5us;
  trace.threads[0].blocked = 5us;
  trace.cost = TracerCost{.collector_cpu = 3us, .process_cpu = 3us};
  EXPECT_THAT(broken(trace), IsEmpty());
  trace.threads[0].blocked = 6us;
  EXPECT_EQ(detail(trace, "tracer times"),
            "expected times of parts within those of their whole, found blocked for 6 000 ns of 5 000 ns on thread 0 "
            "\"main\" (1 in all)");
  trace.threads[0].held = 0us;  // unknown
  EXPECT_THAT(broken(trace), IsEmpty());
  trace.cost->collector_cpu = 4us;
  EXPECT_THAT(broken(trace), ElementsAre("tracer times"));
  trace.cost->process_cpu = 0us;
  trace.cost->collector_cpu = -1us;
  EXPECT_THAT(broken(trace), ElementsAre("tracer times"));
}

}  // namespace
}  // namespace ringtail::inline v1
