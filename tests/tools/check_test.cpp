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
using ::testing::HasSubstr;

Trace good_trace() { return TraceBuilder().on("gpu:0").thread("w").span("matmul", 0us, 5us).build(); }

std::string violating_trace() {
  Trace trace = good_trace();
  trace.threads[0].attempted += 1;
  return to_json(trace);
}

TEST(CheckCommand, IsDoneWhenEveryLawHolds) {
  const Outcome outcome = run(cli::check, {"-"}, to_json(good_trace()));
  EXPECT_EQ(outcome.code, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("0 violations"));
}

TEST(CheckCommand, FailsAndSaysWhatWasFoundWhenALawIsViolated) {
  const Outcome outcome = run(cli::check, {"-"}, violating_trace());
  EXPECT_EQ(outcome.code, kFailed);
  EXPECT_THAT(outcome.out, HasSubstr("VIOLATED  thread accounts"));
  EXPECT_EQ(outcome.err, "");
}

TEST(CheckCommand, IsLossyOnlyWhenStrict) {
  const std::string lossy =
      to_json(TraceBuilder().thread("w").span("matmul", 0us, 5us).folded("relu", 3, 2us).build());
  EXPECT_EQ(run(cli::check, {"-"}, lossy).code, kDone);
  EXPECT_EQ(run(cli::check, {"-", "--strict"}, lossy).code, kLossy);
}

TEST(CheckCommand, GivesTheFindingsAsJson) {
  const Outcome outcome = run(cli::check, {"-", "--format", "json"}, violating_trace());
  EXPECT_EQ(outcome.code, kFailed);
  const boost::json::value report = boost::json::parse(outcome.out);
  EXPECT_EQ(report.at("consistent"), false);
  EXPECT_GE(report.at("findings").as_array().size(), 10U);
}

TEST(CheckCommand, FitsEightyColumns) {
  for (const std::string& line : lines_of(run(cli::check, {"-"}, violating_trace()).out)) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

}  // namespace
}  // namespace ringtail::cli
