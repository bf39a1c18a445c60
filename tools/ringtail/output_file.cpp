#include "output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>

#include "fd_buffer.h"

namespace ringtail::cli {
namespace {

namespace fs = std::filesystem;

Error system_error(const std::string& expected, int code) {
  return {ErrorCode::kIo, "expected to " + expected + ", found: " + std::strerror(code)};
}

Error already_there() { return {ErrorCode::kIo, "expected a new file, found one; --force replaces it"}; }

// Done for a regular file.
Status check_kind(fs::file_type kind, int code) {
  const char* found = "something else";
  switch (kind) {
    case fs::file_type::regular: return Done{};
    case fs::file_type::none: return system_error("look for it", code);
    case fs::file_type::directory: found = "a directory"; break;
    case fs::file_type::block:
    case fs::file_type::character: found = "a device"; break;
    case fs::file_type::fifo: found = "a pipe"; break;
    case fs::file_type::socket: found = "a socket"; break;
    case fs::file_type::symlink: found = "a symbolic link"; break;
    default: break;
  }
  return Error{ErrorCode::kIo, std::string("expected a new or a regular file, found ") + found};
}

// A file under a name of its own in the directory of `path` until it is renamed; removed if it never is. The
// directory is opened once, so that whoever moves it meanwhile cannot send the file elsewhere.
class TemporaryFile {
 public:
  TemporaryFile(const fs::path& path, mode_t mode) : final_name_(path.filename().string()) {
    const fs::path parent = path.parent_path();
    directory_ = ::open(parent.empty() ? "." : parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory_ < 0) {
      error_ = errno;
      return;
    }
    std::random_device random;
    do {
      name_ = final_name_.substr(0, kMostOfName) + "." + std::to_string(random()) + ".tmp";
      fd_ = ::openat(directory_, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    } while (fd_ < 0 && errno == EEXIST);
    if (fd_ < 0) error_ = errno;
  }
  ~TemporaryFile() {
    if (fd_ >= 0) {
      ::close(fd_);
      if (!renamed_) ::unlinkat(directory_, name_.c_str(), 0);
    }
    if (directory_ >= 0) ::close(directory_);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] int error() const { return error_; }  // of making it; 0 when there is an fd()

  // 0, or the errno. What has the name by then is replaced or refused, and never written to.
  [[nodiscard]] int take_its_name(Existing existing) {
    const unsigned flags = existing == Existing::kRefuse ? RENAME_NOREPLACE : 0U;
    int failed = rename_with(flags);
    // This file system cannot refuse by itself; as in lib/format/trace_file.cpp.
    if ((failed == EINVAL || failed == ENOSYS) && flags != 0) {
      struct stat there {};
      failed = ::fstatat(directory_, final_name_.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 ? EEXIST : rename_with(0);
    }
    renamed_ = failed == 0;
    return failed;
  }

 private:
  static constexpr std::size_t kMostOfName = 200;  // of the 255 bytes that a name can have

  [[nodiscard]] int rename_with(unsigned flags) const {
    return ::renameat2(directory_, name_.c_str(), directory_, final_name_.c_str(), flags) == 0 ? 0 : errno;
  }

  std::string final_name_;
  std::string name_;
  int directory_ = -1;
  int fd_ = -1;
  int error_ = 0;
  bool renamed_ = false;
};

// 0, or the errno: a full disk, a quota or a server may refuse only now what write() took.
int synchronize(int fd) {
  if (::fsync(fd) == 0 || errno == EINVAL) return 0;  // EINVAL: this file system has nothing to synchronize
  return errno;
}

}  // namespace

Status check_writable(const std::string& path, Existing existing) {
  std::error_code failed;
  const fs::file_type kind = fs::symlink_status(path, failed).type();
  if (kind == fs::file_type::not_found) return Done{};
  // What --force would not replace either is said as what it is.
  if (Status replaceable = check_kind(kind, failed.value()); !replaceable.ok()) return replaceable;
  return existing == Existing::kRefuse ? Status(already_there()) : Done{};
}

Status write_file(const std::string& path, Existing existing, const std::function<Status(std::ostream&)>& write,
                  mode_t mode) {
  if (Status allowed = check_writable(path, existing); !allowed.ok()) return allowed;
  TemporaryFile file(path, mode);
  if (file.fd() < 0) return system_error("create a file there", file.error());

  FdBuffer buffer(file.fd());
  std::ostream out(&buffer);
  Status written = write(out);
  out.flush();
  if (buffer.error() != 0) return system_error("write it", buffer.error());
  if (!written.ok()) return written;
  if (const int failed = synchronize(file.fd()); failed != 0) return system_error("write it", failed);

  const int failed = file.take_its_name(existing);
  if (failed == EEXIST) return already_there();
  if (failed != 0) return system_error("name the finished file", failed);
  return Done{};
}

}  // namespace ringtail::cli
