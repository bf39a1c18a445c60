// Every malformed trace of tests/data through the commands: one line, exit code 1, and nothing else.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/tools/command_fixture.h"

namespace ringtail::cli {
namespace {

struct MalformedCase {
  std::string path;
  std::string message;
};

std::vector<MalformedCase> malformed_cases() {
  const std::filesystem::path folder = std::filesystem::path(RINGTAIL_TEST_DATA_DIR) / "malformed";
  std::vector<MalformedCase> cases;
  for (const std::string& line : lines_of(content_of(folder / "EXPECTED.txt"))) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) cases.push_back({folder / line.substr(0, tab), line.substr(tab + 1)});
  }
  return cases;
}

TEST(Malformed, HasCases) { EXPECT_GE(malformed_cases().size(), 200U); }

TEST(Malformed, GivesAnalyzeAndCheckItsMessageAndNoOutput) {
  for (const MalformedCase& malformed : malformed_cases()) {
    for (const auto command : {analyze, cli::check}) {
      const Outcome outcome = run(command, {malformed.path, "--format", "json"});
      EXPECT_EQ(outcome.code, kFailed) << malformed.path;
      EXPECT_EQ(outcome.out, "") << malformed.path;
      EXPECT_EQ(outcome.err, "ringtail: " + malformed.path + ":" + malformed.message + "\n");
    }
  }
}

TEST(Malformed, GivesConvertItsMessageAndNoFile) {
  const TemporaryFolder folder;
  for (const MalformedCase& malformed : malformed_cases()) {
    const Outcome outcome = run(convert, {malformed.path, "-o", folder.path("out.collapsed")});
    EXPECT_EQ(outcome.code, kFailed) << malformed.path;
    EXPECT_EQ(outcome.out, "") << malformed.path;
    EXPECT_EQ(outcome.err, "ringtail: " + malformed.path + ":" + malformed.message + "\n");
  }
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace ringtail::cli
