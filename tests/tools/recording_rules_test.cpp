#include "tools/ringtail/recording_rules.h"

#include <gtest/gtest.h>

#include "tests/tools/command_fixture.h"

namespace ringtail::cli {
namespace {

using namespace std::chrono_literals;

// What a command with these options alone makes of its arguments.
struct Parsed {
  Outcome outcome;
  RecordingRules rules;
  std::string file;
};

Parsed parse(const Arguments& arguments) {
  Parsed parsed;
  parsed.outcome = run([&](Streams& io) {
    CommandLine line("demo", "A test.", "ringtail demo --budget 1%");
    add_recording_options(line, parsed.rules);
    line.file("-o", "FILE", parsed.file, "a neighbour");
    return line.parse(arguments, io).value_or(kDone);
  });
  return parsed;
}

TEST(RecordingRules, RecordEverythingUnlessToldOtherwise) {
  const Parsed parsed = parse({});
  EXPECT_EQ(parsed.outcome.code, kDone);
  EXPECT_EQ(parsed.rules, RecordingRules{});
  EXPECT_EQ(parsed.rules.budget, 0.0);
}

TEST(RecordingRules, AreWhatTheCommandLineSays) {
  const Parsed parsed = parse({"--budget", "0.5%", "--sample", "op=1/4", "--sample", "comm=1/2", "--shortest",
                               "memory=10us", "--off", "host", "--off", "comm", "-o", "file"});
  EXPECT_EQ(parsed.outcome.code, kDone) << parsed.outcome.err;
  RecordingRules rules;
  rules.budget = 0.005;
  rules.categories = {{{.one_in = 4}, {.record = false, .one_in = 2}, {.shortest = 10us}, {.record = false}}};
  EXPECT_EQ(parsed.rules, rules);
  EXPECT_EQ(parsed.file, "file");
}

TEST(RecordingRules, TakeTheLastOfTwoValuesForOneCategory) {
  EXPECT_EQ(parse({"--sample", "op=1/4", "--sample", "op=1/8"}).rules.categories[0].one_in, 8U);
}

TEST(RecordingRules, HelpInEightyColumns) {
  const Parsed parsed = parse({"--help"});
  EXPECT_EQ(parsed.outcome.code, kDone);
  for (const std::string& line : lines_of(parsed.outcome.out)) EXPECT_LE(line.size(), 80U) << line;
}

struct Wrong {
  const char* what;
  const char* option;
  const char* value;
  const char* message;
};

constexpr char kBudget[] = "a percentage above 0% and at most 100%";
constexpr char kSample[] = "CATEGORY=1/N, N from 1 to 4294967295, with a CATEGORY of op, comm, memory or host";
constexpr char kShortest[] =
    "CATEGORY=TIME in ns, us, ms or s like memory=10us, with a CATEGORY of op, comm, memory or host";
constexpr char kOff[] = "op, comm, memory or host";

const Wrong kWrong[] = {
    {"no percent sign", "--budget", "1", kBudget},
    {"a percent sign alone", "--budget", "%", kBudget},
    {"none", "--budget", "0%", kBudget},
    {"too little for a double", "--budget", "4e-324%", kBudget},
    {"below 0", "--budget", "-1%", kBudget},
    {"above 100", "--budget", "100.5%", kBudget},
    {"no number", "--budget", "nan%", kBudget},
    {"two signs", "--budget", "1%%", kBudget},
    {"nothing", "--budget", "", kBudget},
    {"no value", "--sample", "op", kSample},
    {"no such category", "--sample", "gpu=1/4", kSample},
    {"no category", "--sample", "=1/4", kSample},
    {"a plain number", "--sample", "op=4", kSample},
    {"two in five", "--sample", "op=2/5", kSample},
    {"one in none", "--sample", "op=1/0", kSample},
    {"one in 2^32", "--sample", "op=1/4294967296", kSample},
    {"a fraction", "--sample", "op=1/2.5", kSample},
    {"no unit", "--shortest", "memory=10", kShortest},
    {"no such unit", "--shortest", "memory=10h", kShortest},
    {"a negative time", "--shortest", "memory=-1us", kShortest},
    {"a unit alone", "--shortest", "memory=us", kShortest},
    {"longer than 292 years", "--shortest", "memory=1e10s", kShortest},
    {"no value", "--shortest", "memory", kShortest},
    {"no such category", "--off", "gpu", kOff},
    {"two at once", "--off", "op,host", kOff},
};

TEST(RecordingRules, ComplainInOneLineOfAnythingElse) {
  for (const Wrong& wrong : kWrong) {
    SCOPED_TRACE(wrong.what);
    const Parsed parsed = parse({wrong.option, wrong.value});
    EXPECT_EQ(parsed.outcome.code, kUsage);
    EXPECT_EQ(parsed.outcome.out, "");
    EXPECT_EQ(parsed.rules, RecordingRules{});
    EXPECT_EQ(parsed.outcome.err, std::string("ringtail: demo: ") + wrong.option + ": expected " + wrong.message +
                                      ", found \"" + wrong.value + "\"; see ringtail demo --help\n");
  }
}

TEST(DurationOf, TakesANumberWithAUnit) {
  const std::pair<const char*, std::optional<Nanoseconds>> kCases[] = {
      {"10us", 10us}, {"1.5ms", 1'500us}, {"7ns", 7ns},        {"2s", 2s},    {"0us", 0us}, {"0.4ns", 0ns},
      {"1e3us", 1ms}, {"9s", 9s},         {"10", {}},          {"us", {}},    {"", {}},     {"10 us", {}},
      {"-1us", {}},   {"infs", {}},       {"9223372037s", {}}, {"10usx", {}},
  };
  for (const auto& [text, duration] : kCases) EXPECT_EQ(duration_of(text), duration) << text;
}

}  // namespace
}  // namespace ringtail::cli
