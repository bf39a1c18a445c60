// What reports say of the tracer: what it took, and what it left out.
#include "tools/ringtail/analysis_tracer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "tests/support/trace_builder.h"
#include "tests/tools/command_fixture.h"
#include "tools/ringtail/analysis.h"

namespace ringtail::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const Trace& trace, const AnalysisOptions& options = {}) {
  std::ostringstream out;
  write_analysis_text(trace, "trace", options, Terminal(), out);
  return out.str();
}

boost::json::value json_of(const Trace& trace) {
  std::ostringstream out;
  JsonWriter json(out);
  write_analysis_json(trace, nullptr, {}, json);
  return boost::json::parse(out.str());
}

// 1 210 spans timed, 10 of them in a total, of 4 800: two threads with their costs.
Trace sampled_trace() {
  TraceBuilder builder;
  builder.category({.name = "op", .shortest = 10us, .one_in = 4, .governed = true});
  builder.category({.name = "host", .recorded = false});
  builder.on("gpu:0").thread("main").bytes(2U << 20U).weight(4);
  for (int i = 0; i < 1'200; ++i) builder.span("matmul", i * 20us, i * 20us + 10us);
  builder.folded("relu", 10, 90us, 0, LossCause::kFiltered).sampled_out(3'590);
  builder.thread("worker");
  Trace trace = builder.build();
  trace.folded[0].extra = 30;
  trace.threads[0].held = 24ms;
  trace.threads[0].cpu = 20ms;
  trace.threads[0].blocked = 1ms;
  trace.threads[1].held = 24ms;
  trace.cost = TracerCost{.recorded_ns = 40.0,
                          .folded_ns = 30.0,
                          .sampled_out_ns = 10.0,
                          .collector_cpu = 40us,
                          .process_cpu = 20ms,
                          .wall = 25ms};
  return trace;
}

TEST(TracerReport, SaysInTheHeadHowMuchOfASampleWasTimed) {
  EXPECT_THAT(text_of(sampled_trace()),
              AllOf(HasSubstr("  4 800 spans, 1 device, 2 threads"),
                    HasSubstr("  1 210 of 4 800 spans were timed (down to 1 in 4 of op); totals are estimates.\n"),
                    HasSubstr("  10 spans filtered or overwritten, as asked: counted in all totals")));
}

TEST(TracerReport, CallsNothingLostThatWasAskedFor) {
  EXPECT_THAT(text_of(sampled_trace()), AllOf(HasSubstr("\n  0 lost.\n"), Not(HasSubstr("folded: counted"))));
  Trace trace = sampled_trace();
  trace.losses.push_back({.thread = ThreadId{1}, .count = 5});
  trace.folded.push_back({.op = OpId{0}, .count = 5});
  EXPECT_THAT(text_of(trace),
              AllOf(Not(HasSubstr(", 0 lost.")), Not(HasSubstr("\n  0 lost.")), HasSubstr("5 spans folded: counted"),
                    HasSubstr("  10 spans filtered or overwritten")));
}

TEST(TracerReport, CallsSumsOfASampleEstimatesAndTheTimelineTooEmpty) {
  const std::string text = text_of(sampled_trace());
  EXPECT_THAT(text, ::testing::ContainsRegex("\nOperations +estimate\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("\nSlowest spans +lower bound\n"));
  EXPECT_THAT(text, HasSubstr("so idle is\n  too high."));
}

TEST(TracerReport, ShowsHowManySpansAnEntryOfAListStandsFor) {
  EXPECT_THAT(text_of(sampled_trace()),
              AllOf(HasSubstr("stands for"), HasSubstr("standing for"), HasSubstr("about 4 800.")));
  const Trace whole = TraceBuilder().on("gpu:0").bytes(2U << 20U).span("a", 0us, 1us).build();
  EXPECT_THAT(text_of(whole), AllOf(Not(HasSubstr("stands for")), Not(HasSubstr("standing for"))));
}

TEST(TracerReport, HasATableOfThreadsAndALineOfTheProcess) {
  const std::string text = text_of(sampled_trace());
  // 1200 * 40 ns + 10 * 30 ns + 3590 * 10 ns = 84.2 us, and 1 ms blocked, of 24 ms.
  EXPECT_THAT(text, AllOf(HasSubstr("\nTracer's own cost\n"
                                    "  thread  spans     cost  of its time  blocked  of its CPU time\n"
                                    "  main    4 800  84.2 us        4.5 %  1.00 ms            0.4 %\n"
                                    "  worker      0     0 us        0.0 %     0 us                ?\n"),
                          HasSubstr("  tracing took 0.6 % of the process's CPU time: 0.4 % in its threads, 0.2 % in\n"
                                    "  the collector\n"),
                          HasSubstr("  threads waited 1.00 ms for room in their rings, main longest: 1.00 ms\n")));
}

TEST(TracerReport, ShowsTheThreadsOfTheLargestShareAndHowManyMoreThereAre) {
  Trace trace = sampled_trace();
  trace.threads[1] = {.name = "busiest", .attempted = 100, .recorded = 100, .held = 5us};
  const std::string text = text_of(trace, {.top = 1});
  const std::string section = text.substr(text.find("Tracer's own cost"));
  EXPECT_THAT(section,
              AllOf(HasSubstr("\n  busiest "), Not(HasSubstr("\n  main    4 800")), HasSubstr("  (1 more)\n")));
  EXPECT_THAT(text_of(trace, {.top = 0}), HasSubstr("  (2 threads)\n"));
}

TEST(TracerReport, SaysWhyACostIsUnknown) {
  Trace trace = sampled_trace();
  trace.cost.reset();
  const std::string text = text_of(trace);
  EXPECT_THAT(text, HasSubstr("  not all is known: the trace does not say what recording a span cost\n"));
  EXPECT_THAT(text, Not(HasSubstr("tracing took")));
  trace = sampled_trace();
  trace.cost->process_cpu = 0ns;
  EXPECT_THAT(text_of(trace), HasSubstr("not all is known: the trace does not say how much CPU time the process"));
}

TEST(TracerReport, SaysRatesInTheNumbersOfTheReport) {
  Trace trace = sampled_trace();
  trace.categories[0].one_in = 16'384;
  trace.categories.push_back({.name = "comm\x1b", .one_in = 2});
  EXPECT_EQ(
      sampling_text(trace),
      "1 210 of 4 800 spans were timed (down to 1 in 16 384 of op, 1 in 2 of comm\\x1b); totals are estimates.");
}

// "main" took 84.2 us of 24 ms: 0.35 %.
TEST(TracerReport, SaysWhetherTheBudgetWasKept) {
  Trace trace = sampled_trace();
  EXPECT_THAT(text_of(trace), Not(HasSubstr("budget 1 %")));
  trace.metadata = {{"ringtail.budget", "0.01"}, {"command", "train"}};
  const std::string kept = text_of(trace);
  EXPECT_THAT(kept, AllOf(HasSubstr("  budget 1 % of each thread's time, the collector's thread not included: kept,\n"
                                    "  the busiest thread (main) took 0.35 %\n"),
                          HasSubstr("\n  command: train\n"), Not(HasSubstr("ringtail.budget"))));
  trace.metadata["ringtail.budget"] = "0.001";
  EXPECT_THAT(text_of(trace),
              HasSubstr("budget 0.1 % of each thread's time, the collector's thread not included: not\n"
                        "  kept, the busiest thread (main) took 0.35 %\n"));
  trace.metadata["ringtail.budget"] = "0.0035";
  EXPECT_THAT(text_of(trace), HasSubstr("took just over 0.35 %\n"));
  trace.cost.reset();
  EXPECT_THAT(text_of(trace), HasSubstr("whether it was kept is not known\n"));
  trace.metadata["ringtail.budget"] = "much";  // not a session's
  EXPECT_THAT(text_of(trace), HasSubstr("ringtail.budget: much\n"));
}

TEST(TracerReport, HasTheBudgetInTheJson) {
  Trace trace = sampled_trace();
  EXPECT_TRUE(json_of(trace).at("ringtail").at("tracer").at("budget").is_null());
  trace.metadata["ringtail.budget"] = "0.01";
  const boost::json::value budget = json_of(trace).at("ringtail").at("tracer").at("budget");
  EXPECT_EQ(budget.at("share"), 0.01);
  EXPECT_EQ(budget.at("kept"), true);
  EXPECT_EQ(budget.at("busiest_thread"), 0);
  EXPECT_DOUBLE_EQ(budget.at("busiest_thread_share").as_double(), 84.2 / 24'000);
  trace.cost.reset();
  const boost::json::value unknown = json_of(trace).at("ringtail").at("tracer").at("budget");
  for (const char* key : {"kept", "busiest_thread", "busiest_thread_share"}) EXPECT_TRUE(unknown.at(key).is_null());
}

TEST(TracerReport, CallsATableWhatTheLeastOfItIsWorth) {
  const std::string sampled = text_of(sampled_trace());
  EXPECT_THAT(sampled, ::testing::ContainsRegex("\nDevices +estimate\n"));
  EXPECT_THAT(sampled, ::testing::ContainsRegex("\nMemory +estimate\n"));
  EXPECT_THAT(sampled, HasSubstr("within at least 24.0 ms"));
  EXPECT_THAT(sampled, HasSubstr("At least 2.00 MiB in the largest span, about 9.38 GiB in the sum of all"));
  const Trace folded = TraceBuilder().on("a").thread("t").span("x", 0us, 5us).folded("x", 3, 2us).build();
  const std::string lossy = text_of(folded);
  EXPECT_THAT(lossy, ::testing::ContainsRegex("\nOperations +exact\n"));
  EXPECT_THAT(lossy, ::testing::ContainsRegex("\nDevices +lower bound\n"));
  EXPECT_THAT(lossy, ::testing::ContainsRegex("\nMemory +lower bound\n"));
  EXPECT_THAT(lossy, HasSubstr("within at least 5.00 us"));
  EXPECT_THAT(lossy, HasSubstr("At least 0 B in the largest span, 0 B in the sum of all; at least 0 spans"));
  const std::string whole = text_of(TraceBuilder().on("a").thread("t").span("x", 0us, 5us).build());
  EXPECT_THAT(whole, ::testing::ContainsRegex("\nDevices +exact\n"));
  EXPECT_THAT(whole, AllOf(HasSubstr("in all within 5.00 us"), HasSubstr("At most 0 B in one span, 0 B in the sum")));
}

TEST(TracerReport, EstimatesTheMeanWaitOfASample) {
  const auto queued = [](std::uint32_t weight) {
    return TraceBuilder().on("a").weight(weight).queued(2us).span("x", 0us, 5us);
  };
  EXPECT_THAT(text_of(queued(1).build()), HasSubstr("  1 task waited 2.00 us before it ran.\n"));
  EXPECT_THAT(text_of(queued(1).queued(4us).span("x", 5us, 6us).build()),
              HasSubstr("  2 tasks waited 3.00 us on average before they ran, at most 4.00 us.\n"));
  const std::string sampled = text_of(queued(4).build());
  EXPECT_THAT(sampled, ::testing::ContainsRegex("\nQueues +estimate\n"));
  EXPECT_THAT(sampled, HasSubstr("  About 4 tasks waited about 2.00 us on average before they ran, the longest at\n"
                                 "  least 2.00 us.\n"));
}

TEST(TracerReport, DoesNotCompareDevicesWhoseSumsAreInfinite) {
  const std::string text =
      text_of(TraceBuilder().on("a").untimed_us("x", 1.7e308).on("b").untimed_us("x", 1.7e308).build());
  EXPECT_THAT(text, AllOf(HasSubstr("  The devices cannot be compared: the sum of their durations is not a finite"),
                          Not(HasSubstr("has the most"))));
}

TEST(TracerReport, SaturatesTheSpansOfTheRowsThatAreNotShown) {
  TraceBuilder builder;
  builder.on("a").thread("t").folded("x", UINT64_MAX, 3us).folded("y", 5, 2us).folded("z", 1, 9us);
  EXPECT_THAT(text_of(builder.build(), {.top = 1}), HasSubstr("18 446 744 073 709 551 615 spans"));
  EXPECT_THAT(text_of(builder.build(), {.top = 1}),
              ::testing::ContainsRegex("\\(2 more\\) +18 446 744 073 709 551 615 "));
}

TEST(TracerReport, SaysNothingOfATraceThatKnowsNothing) {
  EXPECT_THAT(text_of(TraceBuilder().untimed("a", 1us).build()), Not(HasSubstr("Tracer")));
}

TEST(TracerReport, HasALineForEachCategoryThatIsNotRecordedWhole) {
  const std::pair<TraceCategory, const char*> kCases[] = {
      {{.name = "op", .one_in = 4, .governed = true}, "op: thinned by the budget, at most to 1 in 4 at random"},
      {{.name = "op", .one_in = 4}, "op: 1 in 4 kept at random"},
      {{.name = "host", .recorded = false}, "host: switched off"},
      {{.name = "memory", .shortest = 10us}, "memory: shorter than 10 us only in the totals"},
      {{.name = "comm", .shortest = 1'500ns, .one_in = 2},
       "comm: 1 in 2 kept at random; shorter than 1 500 ns only in the totals"},
      {{.name = "op", .governed = true}, "op: thinned by the budget"},
      {{.name = "op", .one_in = 16'384}, "op: 1 in 16 384 kept at random"},
      {{.name = "\x1b[2J", .recorded = false}, "\\x1b[2J: switched off"},
      {{.name = "slow", .shortest = 2s}, "slow: shorter than 2 s only in the totals"},
  };
  for (const auto& [category, text] : kCases) EXPECT_EQ(category_text(category), text);
  EXPECT_THAT(text_of(sampled_trace()),
              AllOf(HasSubstr("  op: thinned by the budget, at most to 1 in 4 at random; shorter than 10 us"),
                    HasSubstr("\n  host: switched off\n")));
}

TEST(TracerReport, FitsEightyColumns) {
  Trace trace = sampled_trace();
  trace.threads[0].name = std::string(70, 'x');
  trace.threads[0].held = trace.threads[0].blocked = 987'654'321us;
  trace.threads[1].sampled_out = UINT64_MAX;
  for (int i = 0; i < 20; ++i) trace.categories.push_back({.name = std::string(30, 'c'), .one_in = 1'000'000});
  for (const std::string& line : lines_of(text_of(trace))) EXPECT_LE(line.size(), 80U) << line;
}

TEST(TracerReport, HasTheSameUnderOneKeyOfTheJson) {
  const boost::json::value facts = json_of(sampled_trace()).at("ringtail");
  const boost::json::value& tracer = facts.at("tracer");
  EXPECT_EQ(tracer.at("blocked_ns"), 1'000'000);
  EXPECT_EQ(tracer.at("most_blocked_thread"), 0);
  EXPECT_EQ(tracer.at("recording_ns"), 84'200);
  EXPECT_EQ(tracer.at("collector_cpu_ns"), 40'000);
  EXPECT_EQ(tracer.at("wall_ns"), 25'000'000);
  EXPECT_DOUBLE_EQ(tracer.at("share_of_process_cpu_in_threads").as_double(), 84.2 / 20'000);
  EXPECT_DOUBLE_EQ(tracer.at("share_of_process_cpu_in_collector").as_double(), 0.002);
  EXPECT_EQ(tracer.at("cost_per_span_ns").at("recorded"), 40.0);
  EXPECT_EQ(tracer.at("threads").at(0).at("spans"), 4'800);
  EXPECT_EQ(tracer.at("threads").at(0).at("share_of_cpu").as_double(), 84.2 / 20'000);
  EXPECT_TRUE(tracer.at("threads").at(1).at("share_of_cpu").is_null());
  EXPECT_TRUE(tracer.at("unknown").is_null());
  EXPECT_EQ(tracer.at("sampling"), (boost::json::value{{"sampled_out", 3590}, {"spans", 4800}, {"timed", 1210}}));
  EXPECT_EQ(tracer.at("categories").at(0).at("one_in"), 4);
  EXPECT_EQ(tracer.at("categories").at(0).at("shortest_ns"), 10'000);
  EXPECT_EQ(tracer.at("categories").at(1).at("recorded"), false);
  EXPECT_EQ(facts.at("exactness").at("operation_summary"), "estimate");
  EXPECT_EQ(facts.at("exactness").at("activity"), "lower bound");
  EXPECT_EQ(facts.at("weights").at("slowest_steps").as_array().size(), 10U);
  EXPECT_EQ(facts.at("weights").at("slowest_steps").at(0), 4);
  EXPECT_EQ(facts.at("folded").at(0).at("extra"), 30);
}

TEST(TracerReport, HasNullsAndTheReasonInTheJsonOfATraceWithoutCosts) {
  Trace trace = sampled_trace();
  trace.cost.reset();
  const boost::json::value facts = json_of(trace).at("ringtail");
  const boost::json::value& tracer = facts.at("tracer");
  for (const char* key : {"recording_ns", "cost_per_span_ns", "process_cpu_ns", "share_of_process_cpu_in_threads"}) {
    EXPECT_TRUE(tracer.at(key).is_null()) << key;
  }
  EXPECT_EQ(tracer.at("unknown"), "the trace does not say what recording a span cost");
}

TEST(TracerReport, AddsNoWeightsToATraceThatWasNotSampled) {
  const boost::json::value facts = json_of(TraceBuilder().thread("t").untimed("a", 1us).build()).at("ringtail");
  EXPECT_FALSE(facts.as_object().contains("weights"));
  EXPECT_TRUE(facts.at("tracer").at("sampling").is_null());
  EXPECT_FALSE(facts.at("threads").at(0).as_object().contains("sampled_out"));
}

}  // namespace
}  // namespace ringtail::cli
