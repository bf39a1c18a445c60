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
  if (existing == Existing::kRefuse) return already_there();
  if (fs::status(path, failed).type() != fs::file_type::regular) {
    return Error{ErrorCode::kIo, "expected a regular file to replace, found something else"};
  }
  return Done{};
}

Status write_file(const std::string& path, Existing existing, const std::function<Status(std::ostream&)>& write) {
  if (Status allowed = check_writable(path, existing); !allowed.ok()) return allowed;
  const std::string target = target_of(path);
  TemporaryFile file(target);
  if (file.fd() < 0) return system_error("create a file there", errno);

  FdBuffer buffer(file.fd());
  std::ostream out(&buffer);
  const Status written = write(out);
  out.flush();
  if (buffer.error() != 0) return system_error("write it", buffer.error());
  if (!written.ok()) return written;

  const int failed = file.rename_to(target, existing);
  if (failed == EEXIST) return already_there();
  if (failed != 0) return system_error("name the finished file", failed);
  return Done{};
}

}  // namespace ringtail::cli
