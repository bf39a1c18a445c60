#include "tools/ringtail/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <utility>

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

TEST(OutputFile, SaysWhatItNeverReplacesWhetherOrNotItMayReplaceFiles) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("directory"));
  std::filesystem::create_symlink("directory", folder.path("link"));
  std::filesystem::create_symlink("nothing", folder.path("dangling"));
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  const std::pair<std::string, std::string> kFound[] = {
      {folder.path("directory"), "a directory"},
      {folder.path("link"), "a directory"},
      {folder.path("dangling"), "a link to nothing"},
      {folder.path("pipe"), "a pipe"},
      {"/dev/null", "a device"},
  };
  for (const auto& [path, found] : kFound) {
    for (const Existing existing : {Existing::kRefuse, Existing::kReplace}) {
      const Status allowed = check_writable(path, existing);
      ASSERT_FALSE(allowed.ok()) << path;
      EXPECT_EQ(allowed.error().message, "expected a new or a regular file, found " + found) << path;
    }
  }
}

}  // namespace
}  // namespace ringtail::cli
