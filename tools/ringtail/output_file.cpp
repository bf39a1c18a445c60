#include "output_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

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
    case fs::file_type::not_found: found = "a link to nothing"; break;
    default: break;
  }
  return Error{ErrorCode::kIo, std::string("expected a new or a regular file, found ") + found};
}

// A file under a name of its own until it is renamed; removed if it never is.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& beside) : name_(beside + ".XXXXXX") {
    fd_ = ::mkostemp(name_.data(), O_CLOEXEC);  // mode 0600
  }
  ~TemporaryFile() {
    if (fd_ < 0) return;
    ::close(fd_);
    if (!renamed_) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  // 0, or the errno.
  [[nodiscard]] int rename_to(const std::string& path, Existing existing) {
    int failed = EINVAL;
    if (existing == Existing::kRefuse) {
      failed = ::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
      if (failed == EINVAL && ::access(path.c_str(), F_OK) == 0) failed = EEXIST;
    }
    // EINVAL: this file system cannot refuse by itself.
    if (failed == EINVAL) failed = ::rename(name_.c_str(), path.c_str()) == 0 ? 0 : errno;
    renamed_ = failed == 0;
    return failed;
  }

 private:
  std::string name_;
  int fd_ = -1;
  bool renamed_ = false;
};

// The name that a chain of links ends in.
std::string target_of(const std::string& path) {
  std::error_code failed;
  const fs::path target = fs::canonical(path, failed);
  return failed ? path : target.string();
}

}  // namespace

Status check_writable(const std::string& path, Existing existing) {
  std::error_code failed;
  const fs::file_status link = fs::symlink_status(path, failed);
  if (link.type() == fs::file_type::not_found) return Done{};
  if (link.type() == fs::file_type::none) return system_error("look for it", failed.value());
  // What --force would not replace either is said as what it is.
  const fs::file_type kind = fs::status(path, failed).type();
  if (Status replaceable = check_kind(kind, failed.value()); !replaceable.ok()) return replaceable;
  return existing == Existing::kRefuse ? Status(already_there()) : Done{};
}

Status write_file(const std::string& path, Existing existing, const std::function<Status(std::ostream&)>& write) {
  if (Status allowed = check_writable(path, existing); !allowed.ok()) return allowed;
  const std::string target = target_of(path);
  TemporaryFile file(target);
  if (file.fd() < 0) return system_error("create a file there", errno);

  FdBuffer buffer(file.fd());
  std::ostream out(&buffer);
  Status written = write(out);
  out.flush();
  if (buffer.error() != 0) return system_error("write it", buffer.error());
  if (!written.ok()) return written;

  const int failed = file.rename_to(target, existing);
  if (failed == EEXIST) return already_there();
  if (failed != 0) return system_error("name the finished file", failed);
  return Done{};
}

}  // namespace ringtail::cli
