#include "format/trace_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <system_error>
#include <utility>

namespace ringtail::inline v1 {
namespace {

constexpr int kLeastDescriptor = STDERR_FILENO + 1;  // a program that closed the first ones may print into them

Nanoseconds steady_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

// The call again while a signal interrupts it.
template <class Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

std::string text_of(int code) { return std::generic_category().message(code); }

Error io_error(const std::string& name, const std::string& expected, const std::string& found) {
  return {ErrorCode::kIo, name + ": expected " + expected + ", found" + found};
}

const char* kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "a directory";
    case S_IFLNK: return "a symbolic link";
    case S_IFIFO: return "a pipe";
    case S_IFSOCK: return "a socket";
    default: return "a device";
  }
}

// What stands under the path itself, a link not followed; nothing if nothing does or it cannot be told.
std::optional<struct stat> at(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
  return found;
}

Status check_replaceable(const std::string& path, const std::string& shown, bool replace) {
  const std::optional<struct stat> found = at(path);
  if (!found) return Done{};  // creating says what else is wrong
  if (!S_ISREG(found->st_mode)) {
    return io_error(shown, "a new or a regular file", std::string(" ") + kind_of(found->st_mode));
  }
  if (!replace) return io_error(shown, "a new file", " one that exists (RttFileOptions::replace)");
  return Done{};
}

// While it lives, a write of this thread that raises SIGPIPE or SIGXFSZ only fails.
class QuietSignals {
 public:
  QuietSignals() {
    sigemptyset(&raised_);
    sigaddset(&raised_, SIGPIPE);
    sigaddset(&raised_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &raised_, &before_);
    // What was pending is not of this write, and stays so.
    sigset_t pending;
    sigpending(&pending);
    for (const int signal : {SIGPIPE, SIGXFSZ}) {
      if (sigismember(&pending, signal) == 1) sigdelset(&raised_, signal);
    }
  }
  ~QuietSignals() {
    const int code = errno;
    const timespec at_once{};
    while (uninterrupted([&] { return sigtimedwait(&raised_, nullptr, &at_once); }) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = code;
  }
  QuietSignals(const QuietSignals&) = delete;
  QuietSignals& operator=(const QuietSignals&) = delete;

 private:
  sigset_t raised_;
  sigset_t before_;
};

}  // namespace

TraceFile::TraceFile(Name name, const RttFileOptions& options)
    : name_(std::move(name)), part_(name_.path + ".part"), options_(options), created_(steady_now()) {}

Result<std::unique_ptr<TraceFile>> TraceFile::create(Name name, const RttFileOptions& options) {
  std::unique_ptr<TraceFile> file(new TraceFile(std::move(name), options));
  if (Status opened = file->open(); !opened.ok()) return opened.error();
  return file;
}

Error TraceFile::part_error(const std::string& expected, const std::string& found) const {
  return io_error(name_.shown + ".part", expected, found);
}

Error TraceFile::failure(const std::string& expected, int code) const {
  char after[64];
  std::snprintf(after, sizeof after, ", %.3f s after it was created",
                std::chrono::duration<double>(steady_now() - created_).count());
  return part_error(expected, ": " + text_of(code) + after);
}

Status TraceFile::open() {
  if (Status allowed = check_replaceable(name_.path, name_.shown, options_.replace); !allowed.ok()) return allowed;
  const auto make = [this] {
    return uninterrupted([this] {
      return ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, options_.mode & 0777U);
    });
  };
  int fd = make();
  if (fd == -1 && errno == EEXIST) {
    if (Status removed = remove_leftover(); !removed.ok()) return removed;
    fd = make();
  }
  if (fd == -1) return part_error("to create it", ": " + text_of(errno));
  if (fd < kLeastDescriptor) {
    const int higher = ::fcntl(fd, F_DUPFD_CLOEXEC, kLeastDescriptor);
    const int code = errno;
    ::close(fd);
    if (higher == -1) {
      ::unlink(part_.c_str());
      return part_error("a descriptor", ": " + text_of(code));
    }
    fd = higher;
  }
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    const int code = errno;
    ::close(fd);
    ::unlink(part_.c_str());
    return part_error("to look at it", ": " + text_of(code));
  }
  identity_ = {status.st_dev, status.st_ino};
  fd_ = fd;
  // Where there are no locks, O_EXCL has kept others out so far, and remove_leftover() will.
  const bool refused = ::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  // Before it was locked, another writer may have taken it for a leftover.
  if (refused || !name_is_ours()) {
    close();
    return part_error("no other writer", " one");
  }
  return Done{};
}

// What a killed program left goes, if it may; nobody but the holder of its lock takes it away, so what has its name
// and is locked by us is not another one.
Status TraceFile::remove_leftover() const {
  const std::optional<struct stat> found = at(part_);
  if (found && !S_ISREG(found->st_mode)) return check_replaceable(part_, name_.shown + ".part", true);
  const int fd = ::open(part_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd == -1) return part_error("to open what is there", ": " + text_of(errno));
  const auto refused = [&]() -> Status {
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return part_error("no other writer", " one");
      return part_error("to lock what is there", ": " + text_of(errno));
    }
    if (!options_.replace) {
      return part_error("a new file", " what another run left; ringtail recover reads it (RttFileOptions::replace)");
    }
    struct stat opened {};
    const std::optional<struct stat> named = at(part_);
    const bool same = ::fstat(fd, &opened) == 0 && named && S_ISREG(opened.st_mode) &&
                      opened.st_dev == named->st_dev && opened.st_ino == named->st_ino;
    if (!same) return part_error("to remove what another run left", " it gone");
    if (::unlink(part_.c_str()) != 0) return part_error("to remove what another run left", ": " + text_of(errno));
    return Done{};
  };
  Status result = refused();
  ::close(fd);
  return result;
}

bool TraceFile::descriptor_is_ours() const noexcept {
  struct stat status {};
  return fd_ != -1 && ::fstat(fd_, &status) == 0 && Identity{status.st_dev, status.st_ino} == identity_;
}

bool TraceFile::name_is_ours() const noexcept {
  struct stat status {};
  return ::lstat(part_.c_str(), &status) == 0 && Identity{status.st_dev, status.st_ino} == identity_;
}

Status TraceFile::write(std::span<const std::byte> bytes) {
  const std::string what = "to write " + std::to_string(bytes.size()) + " bytes at " + std::to_string(size_);
  if (!descriptor_is_ours()) return failure(what, EBADF);
  const QuietSignals quiet;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = uninterrupted(
        [&] { return ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(size_ + done)); });
    if (written <= 0) return failure(what, written == 0 ? EIO : errno);
    done += static_cast<std::size_t>(written);
  }
  size_ += bytes.size();
  return Done{};
}

void TraceFile::cut(std::uint64_t size) noexcept {
  if (descriptor_is_ours()) {
    // Should it fail, a part of a chunk is left, which readers pass over.
    static_cast<void>(uninterrupted([&] { return ::ftruncate(fd_, static_cast<off_t>(size)); }));
  }
  if (size == 0 && name_is_ours()) ::unlink(part_.c_str());
  close();
}

// 0, or the errno.
int TraceFile::rename() const noexcept {
  const char* const path = name_.path.c_str();
  if (!options_.replace) {
    if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, path, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;  // else this file system cannot refuse by itself
    if (at(name_.path)) return EEXIST;
  }
  return ::rename(part_.c_str(), path) == 0 ? 0 : errno;
}

Status TraceFile::complete() {
  if (!descriptor_is_ours()) return failure("to complete it", EBADF);
  if (options_.sync && uninterrupted([this] { return ::fdatasync(fd_); }) != 0) {
    return failure("to bring it to the disk", errno);
  }
  if (!name_is_ours()) return part_error("the file that was written", " another, or none");
  // What appeared there while the file grew: only a regular file is replaced.
  if (Status allowed = check_replaceable(name_.path, name_.shown, true); !allowed.ok()) return allowed;
  if (const int code = rename(); code != 0) return failure("to name it " + name_.shown, code);
  // Some file systems say only here that there was no room.
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0 && errno != EINTR) return io_error(name_.shown, "to close it", ": " + text_of(errno));
  return Done{};
}

void TraceFile::close() noexcept {
  if (descriptor_is_ours()) ::close(fd_);
  fd_ = -1;
}

}  // namespace ringtail::inline v1
