#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/command_fixture.h"

namespace ringtail::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(Demo, WritesThreeFilesAndReports) {
  const TemporaryFolder folder;
  const Outcome outcome = run(demo, {"--devices", "2", "--steps", "10", "--samples", "16", "-o", folder.path("out")});
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("it learns"));
  EXPECT_THAT(outcome.out, HasSubstr(" 0 folded: equal"));
  EXPECT_THAT(outcome.out, HasSubstr("ui.perfetto.dev"));
  for (const char* name : {"trace.json", "trace.chrome.json", "trace.collapsed"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path("out") + "/" + name)) << name;
  }
  for (const std::string& line : lines_of(outcome.out)) EXPECT_LE(line.size(), 80U) << line;
}

TEST(Demo, LeavesATraceThatTheOtherCommandsTake) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(demo, {"--devices", "2", "--steps", "2", "--samples", "16", "-o", folder.path("out")}).code, kDone);
  const std::string trace = folder.path("out") + "/trace.json";
  EXPECT_EQ(run(cli::check, {trace, "--strict"}).code, kDone);
  EXPECT_EQ(run(analyze, {trace, "--strict"}).code, kDone);
  EXPECT_EQ(run(convert, {trace, "-o", "-", "--to", "json"}).out, content_of(trace));
}

TEST(Demo, SaysWhatWasFoldedWhenRingsAreTiny) {
  const TemporaryFolder folder;
  const Outcome outcome = run(
      demo, {"--devices", "2", "--steps", "20", "--ring-entries", "1", "--samples", "16", "-o", folder.path("out")});
  EXPECT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("folded, because rings of 1 span were full:"));
  EXPECT_THAT(outcome.out, HasSubstr("folded: equal"));
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
