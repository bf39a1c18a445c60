// Definitions in the program come before those of the C library. This file includes no header that declares them, for
// these may define them inline.
#include "tests/support/faulty_calls.h"

#include <sys/syscall.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

extern "C" long syscall(long number, ...) noexcept;

namespace ringtail::testing {
namespace {

struct Calls {
  std::vector<Fault> faults;
  std::map<std::string, int> counts;
  std::string acted_on;  // the call
  std::function<void()> action = nullptr;
};

thread_local std::optional<Calls> calls;

// 0, or how this call fails.
int fate_of(const char* call) {
  if (!calls) return 0;
  const int at = calls->counts[call]++;
  if (calls->action && calls->acted_on == call) {
    std::optional<Calls> kept = std::exchange(calls, std::nullopt);
    std::exchange(kept->action, nullptr)();
    calls = std::move(kept);
  }
  for (const Fault& fault : calls->faults) {
    if (fault.call == call && (fault.on ? at >= fault.at : at == fault.at)) return fault.code;
  }
  return 0;
}

template <class... Arguments>
long made(const char* call, long number, Arguments... arguments) {
  if (const int code = fate_of(call); code != 0) {
    errno = code;
    return -1;
  }
  return syscall(number, arguments...);
}

}  // namespace

FaultyCalls::FaultyCalls(std::vector<Fault> faults) { calls.emplace().faults = std::move(faults); }
FaultyCalls::~FaultyCalls() { calls.reset(); }
void FaultyCalls::before(std::string call, std::function<void()> action) {
  calls->acted_on = std::move(call);
  calls->action = std::move(action);
}
int FaultyCalls::count(const std::string& call) const { return calls->counts[call]; }

}  // namespace ringtail::testing

using ringtail::testing::fate_of;
using ringtail::testing::made;

extern "C" {

constexpr int kAtWorkingDirectory = -100;
constexpr int kNotFollowed = 0x100;
constexpr int kCreate = 0100;

int open(const char* path, int flags, ...) {
  unsigned mode = 0;
  if ((flags & kCreate) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, unsigned);
    va_end(arguments);
  }
  return static_cast<int>(made("open", SYS_openat, kAtWorkingDirectory, path, flags, mode));
}

int fstat(int fd, struct stat* status) noexcept {
  return static_cast<int>(made("fstat", SYS_newfstatat, fd, "", status, 0x1000));
}

int lstat(const char* path, struct stat* status) noexcept {
  return static_cast<int>(made("lstat", SYS_newfstatat, kAtWorkingDirectory, path, status, kNotFollowed));
}

int flock(int fd, int operation) noexcept { return static_cast<int>(made("flock", SYS_flock, fd, operation)); }

long pwrite(int fd, const void* bytes, std::size_t count, long at) {
  const int fate = fate_of("pwrite");
  if (fate == ringtail::testing::kShort) return syscall(SYS_pwrite64, fd, bytes, (count + 1) / 2, at);
  if (fate != 0) {
    errno = fate;
    return -1;
  }
  return syscall(SYS_pwrite64, fd, bytes, count, at);
}

int ftruncate(int fd, long size) noexcept { return static_cast<int>(made("ftruncate", SYS_ftruncate, fd, size)); }

int fdatasync(int fd) { return static_cast<int>(made("fdatasync", SYS_fdatasync, fd)); }

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  return static_cast<int>(made("renameat2", SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(made("rename", SYS_renameat2, kAtWorkingDirectory, from, kAtWorkingDirectory, to, 0));
}

// A descriptor is closed even where close fails.
int close(int fd) {
  const int fate = fate_of("close");
  const long closed = syscall(SYS_close, fd);
  if (fate == 0) return static_cast<int>(closed);
  errno = fate;
  return -1;
}
}
