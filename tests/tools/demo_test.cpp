#include "tools/ringtail/demo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/tools/command_fixture.h"

namespace ringtail::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Demo, WritesFourFilesAndReports) {
  const TemporaryFolder folder;
  const Outcome outcome = run(demo, {"--devices", "2", "--steps", "10", "--samples", "16", "-o", folder.path("out")});
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("it learns"));
  EXPECT_THAT(outcome.out, HasSubstr(" 0 folded: equal"));
  EXPECT_THAT(outcome.out, HasSubstr("ui.perfetto.dev"));
  for (const char* name : {"trace.rtt", "trace.json", "trace.chrome.json", "trace.collapsed"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path("out") + "/" + name)) << name;
  }
  for (const std::string& line : lines_of(outcome.out)) EXPECT_LE(line.size(), 80U) << line;
}

TEST(Demo, LeavesATraceThatTheOtherCommandsTake) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(demo, {"--devices", "2", "--steps", "2", "--samples", "16", "-o", folder.path("out")}).code, kDone);
  const std::string json = folder.path("out") + "/trace.json";
  for (const std::string& trace : {json, folder.path("out") + "/trace.rtt"}) {
    EXPECT_EQ(run(cli::check, {trace, "--strict"}).code, kDone);
    EXPECT_EQ(run(analyze, {trace, "--strict"}).code, kDone);
    EXPECT_EQ(run(convert, {trace, "-o", "-", "--to", "json"}).out, content_of(json));
  }
}

TEST(Demo, SaysWhatWasFoldedWhenRingsAreFull) {
  const TemporaryFolder folder;
  demo::TrainingOptions options;
  options.devices = 2;
  options.steps = 20;
  options.samples = 16;
  options.ring_entries = 1;
  options.collector_thread = false;  // nobody empties the rings, so all but the first spans are folded
  const Outcome outcome =
      run([&](Streams& io) { return run_demo(options, folder.path("out"), Existing::kRefuse, io); });
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("folded, because rings of 1 span were full:"));
  EXPECT_THAT(outcome.out, Not(HasSubstr(" 0 folded: equal")));
  EXPECT_THAT(outcome.out, HasSubstr(" folded: equal"));
}

TEST(Demo, CountsEverySpanWithTheRingsThatTheCommandLineSays) {
  const TemporaryFolder folder;
  const Outcome outcome = run(
      demo, {"--devices", "2", "--steps", "20", "--ring-entries", "1", "--samples", "16", "-o", folder.path("out")});
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(" folded: equal"));
  // Whether the collector is ever late is its affair; what is said of it is not.
  const bool folded = outcome.out.find(" 0 folded: equal") == std::string::npos;
  const bool explained = outcome.out.find("folded, because rings of 1 span were full:") != std::string::npos;
  EXPECT_EQ(folded, explained) << outcome.out;
}

TEST(Demo, SpeaksOfOneAsOne) {
  const TemporaryFolder folder;
  const auto train_on = [&](const char* devices) {
    return run(demo, {"--devices", devices, "--steps", "1", "--samples", "16", "-o", folder.path(devices)}).out;
  };
  EXPECT_THAT(train_on("1"),
              StartsWith("Training a perceptron on 1 device (a worker thread), 1 step of 16 samples.\n"));
  const std::string two = train_on("2");
  EXPECT_THAT(two, StartsWith("Training a perceptron on 2 devices (worker threads), 1 step of 16 samples.\n"));
  EXPECT_THAT(two, HasSubstr("  the all-reduce differs from a plain sum"));
}

TEST(Demo, SaysThatADirectoryStandsInTheWayRatherThanOfferingForce) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("trace.json"));
  EXPECT_EQ(run(demo, {"--steps", "1", "-o", folder.path("")}).err,
            "ringtail: " + folder.path("trace.json") + ": expected a new or a regular file, found a directory\n");
}

TEST(Demo, WritesFilesWithTheRightsThatAreAskedFor) {
  const TemporaryFolder folder;
  const mode_t umask = ::umask(0002);
  EXPECT_EQ(
      run(demo, {"--devices", "1", "--steps", "1", "--samples", "16", "-o", folder.path(""), "--mode", "646"}).code,
      kDone);
  ::umask(umask);
  for (const std::string& name : folder.names()) {
    struct stat status {};
    ASSERT_EQ(::stat(folder.path(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0644U) << name;
  }
}

TEST(Demo, RefusesToReplaceFilesOfAFolderThatIsNotItsOwn) {
  const TemporaryFolder folder;
  static_cast<void>(folder.file("trace.json", "old"));
  const Outcome refused = run(demo, {"--devices", "1", "--steps", "1", "--samples", "16", "-o", folder.path("")});
  EXPECT_EQ(refused.code, kFailed);
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(content_of(folder.path("trace.json")), "old");
  EXPECT_THAT(folder.names(), ElementsAre("trace.json"));
  EXPECT_EQ(run(demo, {"--devices", "1", "--steps", "1", "--samples", "16", "-o", folder.path(""), "--force"}).code,
            kDone);
  EXPECT_NE(content_of(folder.path("trace.json")), "old");
}

}  // namespace
}  // namespace ringtail::cli
