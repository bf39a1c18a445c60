#include "tools/ringtail/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/command_fixture.h"

namespace ringtail::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Status write_new(std::ostream& out) {
  out << "new";
  return Done{};
}

Status write_half(std::ostream& out) {
  out << std::string(200'000, 'x');
  return Error{ErrorCode::kUnsupported, "half"};
}

TEST(OutputFile, LeavesNothingWhenWritingFails) {
  const TemporaryFolder folder;
  EXPECT_FALSE(write_file(folder.path("out"), Existing::kRefuse, write_half).ok());
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(OutputFile, LeavesTheOldFileWhenWritingFails) {
  const TemporaryFolder folder;
  const std::string old = folder.file("out", "old");
  EXPECT_FALSE(write_file(old, Existing::kReplace, write_half).ok());
  EXPECT_EQ(content_of(old), "old");
  EXPECT_THAT(folder.names(), ElementsAre("out"));
}

TEST(OutputFile, RefusesAFileThatAppearsWhileWriting) {
  const TemporaryFolder folder;
  const std::string path = folder.path("out");
  const Status written = write_file(path, Existing::kRefuse, [&](std::ostream& out) {
    static_cast<void>(folder.file("out", "other"));
    return write_new(out);
  });
  EXPECT_FALSE(written.ok());
  EXPECT_EQ(content_of(path), "other");
  EXPECT_THAT(folder.names(), ElementsAre("out"));
}

TEST(OutputFile, ReplacesTheTargetOfALinkRatherThanTheLink) {
  const TemporaryFolder folder;
  const std::string target = folder.file("target", "old");
  std::filesystem::create_symlink("target", folder.path("link"));
  EXPECT_TRUE(write_file(folder.path("link"), Existing::kReplace, write_new).ok());
  EXPECT_EQ(content_of(target), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
}

TEST(OutputFile, NeverReplacesADevice) {
  EXPECT_FALSE(check_writable("/dev/null", Existing::kReplace).ok());
  EXPECT_FALSE(check_writable("/", Existing::kReplace).ok());
}

}  // namespace
}  // namespace ringtail::cli
