// What is saved of a file whose program was killed, and what is said of it; and that the other commands take .rtt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <numeric>

#include "ringtail/format/json.h"
#include "ringtail/format/rtt.h"
#include "ringtail/format/rtt_file.h"
#include "tests/support/trace_builder.h"
#include "tests/tools/command_fixture.h"
#include "tests/tools/flat_json.h"

namespace ringtail::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Ten spans of "work" within 10 ms, the n-th ten of a thread in "hang" since 2 ms.
Trace batch(int n) {
  TraceBuilder builder;
  builder.thread("worker 0").on("gpu:0").shapes({{8, 8}}, {8});
  for (int i = 0; i < 10; ++i) {
    const Nanoseconds begin = 10ms * n + 1ms * i;
    builder.step(static_cast<std::uint64_t>(10 * n + i)).span("work", begin, begin + 500us);
  }
  Trace trace = builder.build();
  trace.threads[0].attempted = trace.threads[0].recorded = static_cast<std::uint64_t>(10 * (n + 1));
  trace.origin = Origin{.monotonic = 1s, .realtime = 1h, .clock = "monotonic"};
  const OpId hang{trace.op_names().intern("all_reduce")};
  const OpId work{trace.op_names().intern("work")};
  const DeviceId device{trace.device_names().intern("gpu:0")};
  trace.open_spans = {{ThreadId{0}, hang, device, 0, 2ms}, {ThreadId{0}, work, device, 1, 10ms * n + 9ms}};
  return trace;
}

// What a program leaves that is killed after these batches.
std::string left_by_killed(const TemporaryFolder& folder, int batches) {
  const Sink sink = rtt_file(folder.path("trace.rtt"));
  for (int n = 0; n < batches; ++n) EXPECT_TRUE(sink.append(batch(n)).ok());
  return folder.path("trace.rtt.part");
}

testing::Leaves leaves_of(const std::string& json) { return testing::flat_json(json).value_or(testing::Leaves()); }

void expect_first_rows(const Trace& trace, std::size_t rows) {
  ASSERT_EQ(trace.size(), rows);
  for (std::size_t row = 0; row < rows; ++row) {
    EXPECT_EQ(trace[row].step(), row);
    EXPECT_EQ(trace[row].operation(), "work");
  }
}

TEST(Recover, SavesWhatAKilledProgramLeftAndSaysWhatWasOpen) {
  const TemporaryFolder folder;
  const std::string part = left_by_killed(folder, 3);
  const Outcome outcome = run(recover, {part, "-o", folder.path("saved.rtt")});
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, StartsWith(part + "\n  Saved: 30 spans in "));
  EXPECT_THAT(outcome.out, HasSubstr("until 29.5 ms after the start (1970-01-01\n  01:00:00 UTC)."));
  EXPECT_THAT(outcome.out, HasSubstr("The file has no end"));
  std::vector<std::string> lines = lines_of(outcome.out);
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("  all_reduce"), HasSubstr("gpu:0"), HasSubstr("worker 0"),
                                    HasSubstr("+2.00 ms"), HasSubstr("27.5 ms"))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("  work "), HasSubstr("500 us"))));
  lines.erase(lines.begin());  // the path
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 80U) << line;
  }
  const Result<Trace> saved = read_rtt_file(folder.path("saved.rtt"));
  ASSERT_TRUE(saved.ok()) << saved.error().message;
  expect_first_rows(saved.value(), 30);
  EXPECT_EQ(saved.value().open_spans.size(), 2U);
  EXPECT_EQ(content_of(part).empty(), false);
}

TEST(Recover, KnowsHowLongASpanWasOpenFromTheLastMomentOfTheFile) {
  const TemporaryFolder folder;
  const Sink sink = rtt_file(folder.path("trace.rtt"));
  Trace last = batch(0);
  last.origin->later = {{.monotonic = 61s, .realtime = 1h + 60s}};
  ASSERT_TRUE(sink.append(last).ok());
  const Outcome outcome = run(recover, {folder.path("trace.rtt.part"), "-o", folder.path("saved.rtt")});
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_THAT(lines_of(outcome.out), Contains(AllOf(StartsWith("  all_reduce"), HasSubstr(" 60.0 s "))));
}

TEST(Recover, ReportsToPrograms) {
  const TemporaryFolder folder;
  const std::string part = left_by_killed(folder, 2);
  const Outcome outcome = run(recover, {part, "-o", folder.path("saved.json"), "--format", "json"});
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  const testing::Leaves values = leaves_of(outcome.out);
  EXPECT_EQ(values.at("/finished"), "false");
  EXPECT_EQ(values.at("/saved/spans"), "20");
  EXPECT_EQ(values.at("/saved/until_ns"), "19500000");
  EXPECT_EQ(values.at("/lost/spans"), "0");
  EXPECT_EQ(values.at("/lost/spans_exactness"), "lower bound");
  EXPECT_EQ(values.at("/open_spans/0/operation"), "all_reduce");
  EXPECT_EQ(values.at("/open_spans/0/begin_ns"), "2000000");
  EXPECT_EQ(values.at("/open_spans/0/open_for_ns"), "17500000");
  EXPECT_EQ(values.at("/open_spans/0/longest_ended_us"), "null");
  EXPECT_EQ(values.at("/open_spans/1/longest_ended_us"), "500.0");
  EXPECT_EQ(values.at("/start_realtime_ns"), "3600000000000");
  const Result<Trace> saved = read_json_file(folder.path("saved.json"));
  ASSERT_TRUE(saved.ok()) << saved.error().message;
  expect_first_rows(saved.value(), 20);
}

TEST(Recover, SavesEveryOtherBatchOfAFileThatIsDamaged) {
  const TemporaryFolder folder;
  const std::string part = left_by_killed(folder, 2);
  const std::size_t second = content_of(part).size();
  std::filesystem::remove(part);
  std::string bytes = content_of(left_by_killed(folder, 3));
  bytes[second - 1] ^= 1;
  const std::string damaged = folder.file("damaged.rtt", bytes);
  const Outcome outcome = run(recover, {damaged, "-o", folder.path("saved.rtt"), "--strict"});
  EXPECT_EQ(outcome.code, kLossy) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("skipped"));
  EXPECT_EQ(run(recover, {damaged, "-o", folder.path("again.rtt")}).code, kDone);
  const Result<Trace> saved = read_rtt_file(folder.path("saved.rtt"));
  ASSERT_TRUE(saved.ok()) << saved.error().message;
  std::vector<std::uint64_t> steps;
  for (std::size_t row = 0; row < saved.value().size(); ++row) steps.push_back(saved.value()[row].step());
  std::vector<std::uint64_t> expected(30);
  std::iota(expected.begin(), expected.end(), std::uint64_t{0});
  expected.erase(expected.begin() + 10, expected.begin() + 20);
  EXPECT_EQ(steps, expected);
}

TEST(Recover, SaysOfAWholeFileThatNothingIsLost) {
  const TemporaryFolder folder;
  const Sink sink = rtt_file(folder.path("trace.rtt"));
  ASSERT_TRUE(sink.append(batch(0)).ok());
  Trace end = batch(0);
  end.open_spans.clear();
  ASSERT_TRUE(sink.finish(end).ok());
  const Outcome outcome = run(recover, {folder.path("trace.rtt"), "-o", folder.path("saved.rtt"), "--strict"});
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("  Lost: nothing.\n"));
  EXPECT_EQ(read_rtt_file(folder.path("saved.rtt")).value(), read_rtt_file(folder.path("trace.rtt")).value());
}

TEST(Recover, FailsWithOneLineAndNoFileWhereNothingIsWhole) {
  const TemporaryFolder folder;
  std::string bytes = content_of(left_by_killed(folder, 1));
  for (char& byte : bytes) byte = static_cast<char>(byte ^ 0x55);
  for (const std::string& content : {std::string(), std::string("{}"), bytes}) {
    const std::string file = folder.file("damaged.rtt", content);
    const Outcome outcome = run(recover, {file, "-o", folder.path("saved.rtt")});
    EXPECT_EQ(outcome.code, kFailed);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(lines_of(outcome.err),
                ElementsAre(StartsWith("ringtail: " + file + ":byte 0: expected a whole .rtt chunk")));
  }
  EXPECT_THAT(folder.names(), Not(Contains("saved.rtt")));
}

TEST(Recover, ReplacesOnlyWhenAskedAndWritesOnlyWhatItsEndingSays) {
  const TemporaryFolder folder;
  const std::string part = left_by_killed(folder, 1);
  const std::string old = folder.file("old.rtt", "old");
  EXPECT_EQ(run(recover, {part, "-o", old}).code, kFailed);
  EXPECT_EQ(content_of(old), "old");
  EXPECT_EQ(run(recover, {part, "-o", old, "--force"}).code, kDone);
  EXPECT_NE(content_of(old), "old");
  EXPECT_EQ(run(recover, {part, "-o", folder.path("saved.txt")}).code, kUsage);
  EXPECT_EQ(run(recover, {part, "-o", "-"}).code, kUsage);
  struct stat status {};
  ASSERT_EQ(::stat(old.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(Recover, KeepsTheFileThatItReadsUnderWhateverNameItIsToBeReplaced) {
  const TemporaryFolder folder;
  const std::string damaged = folder.file("damaged.rtt", content_of(left_by_killed(folder, 1)) + "x");
  const std::string bytes = content_of(damaged);
  std::filesystem::create_hard_link(damaged, folder.path("hard.rtt"));
  for (const char* const name : {"damaged.rtt", "./damaged.rtt", "hard.rtt"}) {
    for (const Arguments& more : {Arguments{}, {"--force"}}) {
      Arguments arguments = {damaged, "-o", folder.path(name)};
      arguments.insert(arguments.end(), more.begin(), more.end());
      const Outcome outcome = run(recover, arguments);
      EXPECT_EQ(outcome.code, kFailed);
      EXPECT_EQ(outcome.err,
                "ringtail: " + folder.path(name) + ": expected another file than FILE, found the same\n");
      EXPECT_EQ(content_of(damaged), bytes);
    }
  }
}

TEST(Recover, TakesStandardInput) {
  const TemporaryFolder folder;
  const std::string bytes = content_of(left_by_killed(folder, 2));
  const Outcome outcome = run(recover, {"-", "-o", folder.path("saved.rtt")}, bytes);
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("standard input\n  Saved: 20 spans"));
}

TEST(Rtt, IsReadByEveryCommandFromAFileAndFromStandardInput) {
  const TemporaryFolder folder;
  const std::string part = left_by_killed(folder, 2);
  const std::string bytes = content_of(part);
  for (const auto& [name, input] : {std::pair{part, std::string()}, {std::string("-"), bytes}}) {
    const Outcome analyzed = run(analyze, {name}, input);
    EXPECT_EQ(analyzed.code, kDone) << analyzed.err;
    EXPECT_THAT(analyzed.out, AllOf(HasSubstr("20 spans"), HasSubstr("  unfinished: ")));
    EXPECT_THAT(analyzed.out, Not(HasSubstr(kUnfinished)));
    EXPECT_TRUE(leaves_of(run(analyze, {name, "--format", "json"}, input).out).contains("/ringtail/unfinished"));
    const Outcome checked = run(cli::check, {name}, input);
    EXPECT_EQ(checked.code, kDone) << checked.out << checked.err;
    EXPECT_THAT(checked.out, HasSubstr("  unfinished: "));
    EXPECT_TRUE(leaves_of(run(cli::check, {name, "--format", "json"}, input).out).contains("/unfinished"));
    EXPECT_THAT(run(convert, {name, "-o", "-", "--to", "json"}, input).out, HasSubstr("\"all_reduce\""));
  }
}

TEST(Rtt, SaysNothingOfAnEndThatIsThere) {
  const TemporaryFolder folder;
  const std::string json = folder.file("trace.json", to_json(batch(0)));
  ASSERT_EQ(run(convert, {json, "-o", folder.path("trace.rtt")}).code, kDone);
  for (const auto& command : {analyze, cli::check}) {
    EXPECT_THAT(run(command, Arguments{folder.path("trace.rtt")}).out, Not(HasSubstr("unfinished")));
    EXPECT_THAT(run(command, {folder.path("trace.rtt"), "--format", "json"}).out, Not(HasSubstr("unfinished")));
  }
}

TEST(Rtt, IsSaidToBeUnfinishedWhereTheFormatThatItIsConvertedToCannotSayIt) {
  const TemporaryFolder folder;
  const std::string part = left_by_killed(folder, 2);
  const auto said = [&](const char* format) { return run(convert, {part, "-o", "-", "--to", format}).err; };
  const std::string line = "ringtail: " + part +
                           ": unfinished: read 20 rows in 4 chunks, no end; the output does not say so, JSON and "
                           "Chrome JSON do\n";
  EXPECT_EQ(said("collapsed"), line);
  EXPECT_THAT(said("csv"), AllOf(HasSubstr("2 spans of the trace are in no row"), EndsWith("\n" + line)));
  for (const char* format : {"json", "chrome", "rtt"}) EXPECT_EQ(said(format), "");
}

TEST(Rtt, GrowsWhileItIsAnalyzed) {
  const TemporaryFolder folder;
  const Sink sink = rtt_file(folder.path("trace.rtt"));
  for (int n = 0; n < 5; ++n) {
    ASSERT_TRUE(sink.append(batch(n)).ok());
    const Outcome outcome = run(analyze, Arguments{folder.path("trace.rtt.part")});
    EXPECT_EQ(outcome.code, kDone) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("  " + std::to_string(10 * (n + 1)) + " spans, "));
  }
}

TEST(Rtt, IsConvertedFromJsonAndBackToTheSameBytes) {
  const TemporaryFolder folder;
  const std::string text = to_json(batch(0));
  const std::string json = folder.file("trace.json", text);
  const Outcome plain = run(convert, {json, "-o", folder.path("trace.rtt")});
  EXPECT_EQ(plain.code, kDone) << plain.err;
  EXPECT_EQ(run(convert, {folder.path("trace.rtt"), "-o", "-", "--to", "json"}).out, text);
  const Outcome compressed = run(convert, {json, "-o", "-", "--to", "rtt", "--compress"});
  EXPECT_EQ(compressed.code, kDone) << compressed.err;
  EXPECT_EQ(run(convert, {"-", "-o", "-", "--to", "json"}, compressed.out).out, text);
  EXPECT_EQ(run(convert, {json, "-o", "-", "--to", "json", "--compress"}).code, kUsage);
}

TEST(Rtt, IsSaidToBeNeitherThatNorJsonWhereItsBeginIsDamaged) {
  const TemporaryFolder folder;
  std::string bytes = content_of(left_by_killed(folder, 1));
  bytes[0] = 'x';
  const auto said = [](const std::string& file) {
    return run(analyze, Arguments{file}).err.substr(10 + file.size());
  };
  const std::string neither = ":byte 0: expected an .rtt chunk or JSON, found ";
  const std::string hint = "; ringtail recover saves the whole chunks that are left\n";
  EXPECT_EQ(said(folder.file("damaged.rtt", bytes)), neither + "\"x\"" + hint);
  EXPECT_EQ(said(folder.file("damaged.rtt.part", bytes)), neither + "\"x\"" + hint);
  EXPECT_EQ(said(folder.file("empty.rtt", "")), neither + "the end of the file\n");
  EXPECT_THAT(said(folder.file("damaged.json", bytes)), HasSubstr("expected valid JSON"));
  EXPECT_EQ(run(analyze, Arguments{folder.file("misnamed.rtt", to_json(batch(0)))}).code, kDone);
}

TEST(Rtt, IsReadWithinTheMemoryThatTheCommandLineSays) {
  const TemporaryFolder folder;
  const std::string part = left_by_killed(folder, 2);
  const Outcome refused = run(analyze, {part, "--max-memory", "100"});
  EXPECT_EQ(refused.code, kFailed);
  EXPECT_THAT(refused.err, HasSubstr("expected a trace within 100 bytes of memory (--max-memory), found more"));
  EXPECT_EQ(run(analyze, {part, "--max-memory", "512M"}).code, kDone);
  for (const char* const bad : {"", "0", "K", "12X", "-1", "1.5G", "17179869184G", "1 M", "1KK"}) {
    EXPECT_EQ(run(analyze, {part, std::string("--max-memory=") + bad}).code, kUsage) << bad;
  }
}

}  // namespace
}  // namespace ringtail::cli
