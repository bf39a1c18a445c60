#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>

#include "ringtail/format/json.h"
#include "tests/support/trace_builder.h"
#include "tests/tools/command_fixture.h"

namespace ringtail::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string small_trace() { return to_json(TraceBuilder().on("gpu:0").untimed("a;b", 5us).build()); }

TEST(Convert, WritesTheSameBytesOfJson) {
  const TemporaryFolder folder;
  const std::string in = folder.file("in.json", small_trace());
  EXPECT_EQ(run(convert, {in, "-o", folder.path("out.json")}).code, kDone);
  EXPECT_EQ(content_of(folder.path("out.json")), small_trace());
}

TEST(Convert, GuessesTheFormatByTheEnding) {
  const TemporaryFolder folder;
  const std::string in = folder.file("in.json", small_trace());
  EXPECT_EQ(run(convert, {in, "-o", folder.path("out.collapsed")}).code, kDone);
  EXPECT_EQ(content_of(folder.path("out.collapsed")), "trace;gpu:0;a%3Bb 5\n");
  EXPECT_EQ(run(convert, {in, "-o", folder.path("out.chrome.json")}).code, kDone);
  EXPECT_THAT(content_of(folder.path("out.chrome.json")), HasSubstr("traceEvents"));
}

TEST(Convert, TakesTheFormatThatIsSaidRatherThanTheEnding) {
  const TemporaryFolder folder;
  const std::string in = folder.file("in.json", small_trace());
  EXPECT_EQ(run(convert, {in, "-o", folder.path("out.json"), "--to", "collapsed"}).code, kDone);
  EXPECT_EQ(content_of(folder.path("out.json")), "trace;gpu:0;a%3Bb 5\n");
}

TEST(Convert, WritesStandardInputToStandardOutput) {
  const Outcome outcome = run(convert, {"-", "-o", "-", "--to", "json"}, small_trace());
  EXPECT_EQ(outcome.code, kDone);
  EXPECT_EQ(outcome.out, small_trace());
  EXPECT_EQ(outcome.err, "");
}

TEST(Convert, WritesATableAndSaysHowManySpansItLacks) {
  const TemporaryFolder folder;
  const auto builder = TraceBuilder().on("gpu:0").thread("t").untimed("=a", 5us);
  const Outcome whole = run(convert, {"-", "-o", folder.path("out.csv")}, to_json(builder.build()));
  EXPECT_EQ(whole.code, kDone);
  EXPECT_EQ(whole.err, "");
  EXPECT_THAT(content_of(folder.path("out.csv")), HasSubstr("\n,5,\"gpu:0\",\"'=a\",0,0,0,"));
  const std::string lossy = to_json(TraceBuilder(builder).folded("a", 3, 1us).build());
  const Outcome outcome = run(convert, {"-", "-o", "-", "--to", "csv", "--raw-csv"}, lossy);
  EXPECT_EQ(outcome.code, kDone);
  EXPECT_EQ(outcome.err,
            "ringtail: standard input: 3 spans of the trace are in no row, folded into totals or still open; "
            "analyze, JSON and Chrome JSON have them\n");
  EXPECT_THAT(outcome.out, HasSubstr("\n,5,\"gpu:0\",\"=a\",0,0,0,"));
}

TEST(Convert, NeedsAFormatForAnUnknownEnding) {
  EXPECT_EQ(run(convert, {"-", "-o", "-"}, small_trace()).code, kUsage);
  EXPECT_EQ(run(convert, {"-", "-o", "out.xml"}, small_trace()).code, kUsage);
}

TEST(Convert, RefusesAnExistingFileWithoutForce) {
  const TemporaryFolder folder;
  const std::string in = folder.file("in.json", small_trace());
  const std::string old = folder.file("old.json", "old");
  const Outcome refused = run(convert, {in, "-o", old});
  EXPECT_EQ(refused.code, kFailed);
  EXPECT_EQ(refused.err, "ringtail: " + old + ": expected a new file, found one; --force replaces it\n");
  EXPECT_EQ(content_of(old), "old");
  EXPECT_EQ(run(convert, {in, "-o", old, "--force"}).code, kDone);
  EXPECT_EQ(content_of(old), small_trace());
}

TEST(Convert, SaysThatTheOutputIsADirectoryRatherThanOfferingForce) {
  const TemporaryFolder folder;
  const std::string expected =
      "ringtail: " + folder.path("") + ": expected a new or a regular file, found a directory\n";
  EXPECT_EQ(run(convert, {"-", "-o", folder.path(""), "--to", "json"}, small_trace()).err, expected);
  EXPECT_EQ(run(convert, {"-", "-o", folder.path(""), "--to", "json", "--force"}, small_trace()).err, expected);
}

TEST(Convert, LeavesOnlyTheFileAndForItsOwnerOnly) {
  const TemporaryFolder folder;
  EXPECT_EQ(run(convert, {"-", "-o", folder.path("out.json")}, small_trace()).code, kDone);
  EXPECT_THAT(folder.names(), ElementsAre("out.json"));
  struct stat status {};
  ASSERT_EQ(::stat(folder.path("out.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Convert, WidensTheRightsOnlyWhereItIsTold) {
  const TemporaryFolder folder;
  const mode_t umask = ::umask(0022);
  EXPECT_EQ(run(convert, {"-", "-o", folder.path("out.json"), "--mode", "666"}, small_trace()).code, kDone);
  ::umask(umask);
  struct stat status {};
  ASSERT_EQ(::stat(folder.path("out.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0644U);
}

TEST(Convert, RefusesALinkWhereverItLeads) {
  const TemporaryFolder folder;
  const std::string target = folder.file("target", "old");
  const std::string link = folder.path("link.json");
  std::filesystem::create_symlink("target", link);
  const Outcome outcome = run(convert, {"-", "-o", link, "--force"}, small_trace());
  EXPECT_EQ(outcome.code, kFailed);
  EXPECT_EQ(outcome.err, "ringtail: " + link + ": expected a new or a regular file, found a symbolic link\n");
  EXPECT_EQ(content_of(target), "old");
}

TEST(Convert, ConvertsAFileInPlace) {
  const TemporaryFolder folder;
  const std::string in = folder.file("in.json", small_trace());
  EXPECT_EQ(run(convert, {in, "-o", in, "--to", "collapsed", "--force"}).code, kDone);
  EXPECT_EQ(content_of(in), "trace;gpu:0;a%3Bb 5\n");
}

TEST(Convert, SaysThatAFolderIsMissing) {
  const TemporaryFolder folder;
  const Outcome outcome = run(convert, {"-", "-o", folder.path("no/out.json")}, small_trace());
  EXPECT_EQ(outcome.code, kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("expected to create a file there, found: No such file or directory\n"));
}

}  // namespace
}  // namespace ringtail::cli
