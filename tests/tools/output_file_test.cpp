#include "tools/ringtail/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "tests/tools/command_fixture.h"

namespace {

int without_noreplace = 0;  // the errno of a file system that has no RENAME_NOREPLACE

}  // namespace

extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  if (flags == 0 || without_noreplace == 0) {
    return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
  }
  errno = without_noreplace;
  return -1;
}

namespace ringtail::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr Existing kBoth[] = {Existing::kRefuse, Existing::kReplace};

Status write_new(std::ostream& out) {
  out << "new";
  return Done{};
}

Status write_half(std::ostream& out) {
  out << std::string(200'000, 'x');
  return Error{ErrorCode::kUnsupported, "half"};
}

mode_t rights_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

// While it lives, new files lose these rights.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

// While it lives, the program may do what any user may. Root may write anywhere.
class AsAnyUser {
 public:
  AsAnyUser() : before_(::geteuid()) {
    if (before_ == 0) done_ = ::seteuid(65534) == 0;
  }
  ~AsAnyUser() {
    if (before_ == 0 && done_) static_cast<void>(::seteuid(before_) == 0);
  }
  AsAnyUser(const AsAnyUser&) = delete;
  AsAnyUser& operator=(const AsAnyUser&) = delete;

  [[nodiscard]] bool done() const { return done_; }

 private:
  uid_t before_;
  bool done_ = true;
};

// While it lives, files end at so many bytes: as on a full disk, in the midst of writing.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

// What is left when the program is killed must not look like a trace that `recover` reads.
TEST(OutputFile, IsNoPartOfATraceWhileItGrows) {
  const TemporaryFolder folder;
  const Status written = write_file(folder.path("a.rtt"), Existing::kRefuse, [&](std::ostream& out) {
    EXPECT_THAT(folder.names(), ElementsAre(MatchesRegex("a\\.rtt\\.[0-9]+\\.tmp")));
    return write_new(out);
  });
  EXPECT_TRUE(written.ok());
}

TEST(OutputFile, LeavesNothingWhenWritingFails) {
  const TemporaryFolder folder;
  EXPECT_FALSE(write_file(folder.path("out"), Existing::kRefuse, write_half).ok());
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(OutputFile, LeavesNothingWhenWritingThrows) {
  const TemporaryFolder folder;
  const auto throwing = [](std::ostream& out) -> Status {
    out << "half";
    throw std::bad_alloc();
  };
  EXPECT_THROW(static_cast<void>(write_file(folder.path("out"), Existing::kRefuse, throwing)), std::bad_alloc);
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(OutputFile, LeavesNothingWhenTheDiskTakesNoMore) {
  const TemporaryFolder folder;
  const FileSizeLimit limit(100'000);
  const auto write_much = [](std::ostream& out) -> Status {
    out << std::string(1'000'000, 'x');
    return Done{};
  };
  const Status written = write_file(folder.path("out"), Existing::kRefuse, write_much);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().message, "expected to write it, found: File too large");
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

TEST(OutputFile, RefusesSuchAFileAlsoWhereTheFileSystemCannot) {
  for (const int code : {EINVAL, ENOSYS}) {
    const TemporaryFolder folder;
    without_noreplace = code;
    EXPECT_TRUE(write_file(folder.path("new"), Existing::kRefuse, write_new).ok());
    const Status written = write_file(folder.path("out"), Existing::kRefuse, [&](std::ostream& out) {
      static_cast<void>(folder.file("out", "other"));
      return write_new(out);
    });
    without_noreplace = 0;
    EXPECT_FALSE(written.ok());
    EXPECT_EQ(content_of(folder.path("out")), "other");
    EXPECT_THAT(folder.names(), ElementsAre("new", "out"));
  }
}

TEST(OutputFile, NeverWritesThroughALinkThatAppearsWhileWriting) {
  for (const Existing existing : kBoth) {
    const TemporaryFolder folder;
    const std::string target = folder.file("target", "old");
    const Status written = write_file(folder.path("out"), existing, [&](std::ostream& out) {
      std::filesystem::create_symlink("target", folder.path("out"));
      return write_new(out);
    });
    EXPECT_EQ(content_of(target), "old");
    EXPECT_EQ(written.ok(), existing == Existing::kReplace);
    EXPECT_EQ(std::filesystem::is_symlink(folder.path("out")), existing == Existing::kRefuse);
    EXPECT_THAT(folder.names(), ElementsAre("out", "target"));
  }
}

TEST(OutputFile, WritesIntoTheDirectoryThatItCheckedThoughItIsMovedMeanwhile) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("mine"));
  std::filesystem::create_directory(folder.path("other"));
  const Status written = write_file(folder.path("mine/out"), Existing::kRefuse, [&](std::ostream& out) {
    std::filesystem::rename(folder.path("mine"), folder.path("moved"));
    std::filesystem::create_symlink("other", folder.path("mine"));
    return write_new(out);
  });
  EXPECT_TRUE(written.ok());
  EXPECT_EQ(content_of(folder.path("moved/out")), "new");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path("other")));
}

TEST(OutputFile, SaysWhatItNeverReplacesWhetherOrNotItMayReplaceFiles) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("directory"));
  static_cast<void>(folder.file("file", "old"));
  std::filesystem::create_symlink("file", folder.path("link"));
  std::filesystem::create_symlink("directory", folder.path("link to a directory"));
  std::filesystem::create_symlink("nothing", folder.path("dangling"));
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, folder.path("socket").c_str(), sizeof address.sun_path - 1);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(listener);
  const std::vector<std::string> before = folder.names();
  const std::pair<std::string, std::string> kFound[] = {
      {folder.path("directory"), "a directory"},
      {folder.path("link"), "a symbolic link"},
      {folder.path("link to a directory"), "a symbolic link"},
      {folder.path("dangling"), "a symbolic link"},
      {folder.path("pipe"), "a pipe"},
      {folder.path("socket"), "a socket"},
      {"/dev/null", "a device"},
  };
  for (const auto& [path, found] : kFound) {
    for (const Existing existing : kBoth) {
      const Status allowed = check_writable(path, existing);
      const Status written = write_file(path, existing, write_new);
      ASSERT_FALSE(allowed.ok()) << path;
      ASSERT_FALSE(written.ok()) << path;
      EXPECT_EQ(allowed.error().message, "expected a new or a regular file, found " + found) << path;
      EXPECT_EQ(written.error().message, allowed.error().message) << path;
    }
  }
  EXPECT_EQ(folder.names(), before);
  EXPECT_EQ(content_of(folder.path("file")), "old");
}

TEST(OutputFile, SaysThatTheDirectoryIsMissingOrNone) {
  const TemporaryFolder folder;
  static_cast<void>(folder.file("file", "old"));
  const std::pair<std::string, std::string> kFound[] = {
      {"missing/out", "expected to create a file there, found: No such file or directory"},
      {"missing/", "expected to create a file there, found: No such file or directory"},
      {"file/out", "expected to create a file there, found: Not a directory"},
  };
  for (const auto& [path, message] : kFound) {
    const Status written = write_file(folder.path(path), Existing::kReplace, write_new);
    ASSERT_FALSE(written.ok()) << path;
    EXPECT_EQ(written.error().message, message) << path;
  }
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(OutputFile, SaysThatTheDirectoryRefuses) {
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0555), 0);
  {
    const AsAnyUser user;
    ASSERT_TRUE(user.done());
    const Status written = write_file(folder.path("out"), Existing::kReplace, write_new);
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().message, "expected to create a file there, found: Permission denied");
  }
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0700), 0);
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(OutputFile, IsItsOwnersOnlyWhateverTheUmaskAllows) {
  const std::pair<mode_t, mode_t> kRights[] = {{0000, 0600}, {0022, 0600}, {0077, 0600}, {0277, 0400}};
  for (const auto& [mask, rights] : kRights) {
    const TemporaryFolder folder;
    const Umask umask(mask);
    mode_t while_writing = 0;
    const Status written = write_file(folder.path("out"), Existing::kRefuse, [&](std::ostream& out) {
      while_writing = rights_of(folder.path(folder.names().front()));
      return write_new(out);
    });
    ASSERT_TRUE(written.ok());
    EXPECT_EQ(while_writing, rights) << std::oct << mask;
    EXPECT_EQ(rights_of(folder.path("out")), rights) << std::oct << mask;
  }
}

TEST(OutputFile, HasTheRightsThatAreAskedForLessTheUmask) {
  const std::pair<mode_t, mode_t> kRights[] = {{0000, 0664}, {0022, 0644}, {0077, 0600}};
  for (const auto& [mask, rights] : kRights) {
    const TemporaryFolder folder;
    const Umask umask(mask);
    ASSERT_TRUE(write_file(folder.path("out"), Existing::kRefuse, write_new, 0664).ok());
    EXPECT_EQ(rights_of(folder.path("out")), rights) << std::oct << mask;
  }
}

TEST(OutputFile, GivesAReplacedFileTheNewRightsRatherThanTheOldOnes) {
  const TemporaryFolder folder;
  const std::string old = folder.file("out", "old");
  ASSERT_EQ(::chmod(old.c_str(), 0666), 0);
  ASSERT_TRUE(write_file(old, Existing::kReplace, write_new).ok());
  EXPECT_EQ(content_of(old), "new");
  EXPECT_EQ(rights_of(old), 0600U);
}

TEST(OutputFile, MayHaveTheLongestName) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  ASSERT_TRUE(write_file(folder.path(name), Existing::kRefuse, write_new).ok());
  EXPECT_THAT(folder.names(), ElementsAre(name));
}

}  // namespace
}  // namespace ringtail::cli
