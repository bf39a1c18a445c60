#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>

#include "ringtail/format/json.h"
#include "tests/support/trace_builder.h"
#include "tests/tools/command_fixture.h"

namespace ringtail::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string small_trace() { return to_json(TraceBuilder().on("gpu:0").untimed("matmul", 5us).build()); }

std::string lossy_trace() {
  return to_json(
      TraceBuilder().on("gpu:0").thread("worker 0").span("matmul", 0us, 5us).folded("relu", 3, 2us).build());
}

TEST(Analyze, ReadsStandardInput) {
  const Outcome outcome = run(analyze, {"-"}, small_trace());
  EXPECT_EQ(outcome.code, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("standard input\n  1 span, 1 device"));
}

TEST(Analyze, SaysThatNothingWasLost) { EXPECT_THAT(run(analyze, {"-"}, small_trace()).out, HasSubstr(" 0 lost.")); }

TEST(Analyze, SaysWhatWasFoldedAndWhatItMakesOfTheResults) {
  const std::string out = run(analyze, {"-"}, lossy_trace()).out;
  EXPECT_THAT(out, HasSubstr("3 spans folded"));
  EXPECT_THAT(out, HasSubstr("lower bound\n"));
  EXPECT_THAT(out, HasSubstr("ring full"));
}

TEST(Analyze, IsLossyOnlyWhenStrict) {
  EXPECT_EQ(run(analyze, {"-"}, lossy_trace()).code, kDone);
  EXPECT_EQ(run(analyze, {"-", "--strict"}, lossy_trace()).code, kLossy);
  EXPECT_EQ(run(analyze, {"-", "--strict"}, small_trace()).code, kDone);
}

TEST(Analyze, PrintsTheReportAlsoWhenStrictAndLossy) {
  EXPECT_EQ(run(analyze, {"-", "--strict"}, lossy_trace()).out, run(analyze, {"-"}, lossy_trace()).out);
}

TEST(Analyze, AddsWhatTheRuntimeKnowsAfterTheKeysOfTheReference) {
  const Outcome outcome = run(analyze, {"-", "--format", "json"}, lossy_trace());
  const boost::json::value report = boost::json::parse(outcome.out);
  EXPECT_EQ((report.as_object().end() - 1)->key(), "ringtail");
  const boost::json::value& facts = report.at("ringtail");
  EXPECT_EQ(facts.at("exactness").at("operation_summary"), "exact");
  EXPECT_EQ(facts.at("exactness").at("slowest_steps"), "lower bound");
  EXPECT_EQ(facts.at("ledger").at(0).at("count"), 3);
  EXPECT_EQ(facts.at("threads").at(0).at("name"), "worker 0");
}

TEST(Analyze, HasNoKeyOfItsOwnForATraceOfTheReference) {
  const Outcome outcome = run(analyze, {"-", "--format", "json"}, small_trace());
  EXPECT_FALSE(boost::json::parse(outcome.out).as_object().contains("ringtail"));
}

TEST(Analyze, GivesAnArrayWithNamesForSeveralTraces) {
  const TemporaryFolder folder;
  const std::string a = folder.file("a.json", small_trace());
  const std::string b = folder.file("b.json", lossy_trace());
  const Outcome outcome = run(analyze, {a, b, "--format", "json"});
  const boost::json::value reports = boost::json::parse(outcome.out);
  ASSERT_EQ(reports.as_array().size(), 2U);
  EXPECT_EQ(reports.at(0).at("file").as_string(), a);
  EXPECT_EQ(reports.at(1).at("file").as_string(), b);
}

TEST(Analyze, NamesEachOfSeveralTexts) {
  const TemporaryFolder folder;
  const std::string a = folder.file("a.json", small_trace());
  const std::string b = folder.file("[b].json]", small_trace());
  const Outcome outcome = run(analyze, {a, b});
  EXPECT_THAT(outcome.out, HasSubstr(a + "\n  1 span"));
  EXPECT_THAT(outcome.out, HasSubstr(b + "\n  1 span"));
}

TEST(Analyze, PrintsNothingWhenOneOfSeveralCannotBeRead) {
  const TemporaryFolder folder;
  const Outcome outcome = run(analyze, {folder.file("a.json", small_trace()), folder.path("missing.json")});
  EXPECT_EQ(outcome.code, kFailed);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "ringtail: " + folder.path("missing.json") + ": expected to open it, found: No such file or directory\n");
}

TEST(Analyze, LetsNoControlCharacterOfANameThrough) {
  Trace trace = TraceBuilder().on("gpu\x1b[2J").untimed("mat\x07mul\xC2\x9Bm\x7F", 5us).build();
  trace.metadata["\x1b]0;title\x07"] = "\xE2\x80\xAEreversed";
  const std::string text = to_json(trace);
  for (const char* format : {"text", "json"}) {
    const Outcome outcome = run(analyze, {"-", "--format", format}, text);
    EXPECT_THAT(outcome.out, Not(::testing::ContainsRegex("[\x01-\x09\x0b-\x1f\x7f]"))) << format;
    EXPECT_THAT(outcome.out, Not(HasSubstr("\xC2\x9B"))) << format;
  }
}

TEST(Analyze, LetsNoControlCharacterOfAFileNameThrough) {
  const Outcome outcome = run(analyze, {"\x1b[31m.json"});
  EXPECT_EQ(outcome.err, "ringtail: \\x1b[31m.json: expected to open it, found: No such file or directory\n");
}

TEST(Analyze, FitsEightyColumns) {
  TraceBuilder builder;
  for (int i = 0; i < 30; ++i) {
    builder.on("gpu:" + std::to_string(i % 4)).thread("a worker with quite a long name " + std::to_string(i % 4));
    builder.span("void kernel<very, long, template, arguments>(float const*, std::size_t) " + std::to_string(i),
                 i * 1'000us, i * 1'000us + 999'999us);
  }
  Trace trace = builder.folded("relu", 1'234'567, 20s, 1U << 30U).build();
  trace.metadata["command"] = std::string(60, 'x') + " " + std::string(60, 'y');
  for (const std::string& line : lines_of(run(analyze, {"-"}, to_json(trace)).out)) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(Analyze, ShowsAnEmptyTrace) {
  const Outcome outcome = run(analyze, {"-"}, to_json(Trace()));
  EXPECT_EQ(outcome.code, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("0 spans, 0 devices"));
}

TEST(Analyze, NamesTheStragglerFromTheTrace) {
  const Trace trace = TraceBuilder()
                          .on("gpu:0")
                          .span("matmul", 0us, 10us)
                          .span("allreduce", 10us, 30us)
                          .on("gpu:1")
                          .span("matmul", 0us, 30us)
                          .on("gpu:2")
                          .span("matmul", 0us, 10us)
                          .span("allreduce", 10us, 30us)
                          .build();
  EXPECT_THAT(run(analyze, {"-"}, to_json(trace)).out, HasSubstr("gpu:1 computes 3.00 times as long as the others"));
}

}  // namespace
}  // namespace ringtail::cli
