// System calls that fail when a test says so: open, fstat, lstat, flock, pwrite, ftruncate, fdatasync, renameat2,
// rename and close, which a program that links faulty_calls.cpp makes through it.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace ringtail::testing {

inline constexpr int kShort = -1;  // of a pwrite: half of the bytes

struct Fault {
  std::string call;
  int at = 0;       // the first that fails, from 0, among the calls of that name
  int code = 0;     // errno, or kShort
  bool on = false;  // all further ones as well
};

// While it lives, the calling thread's calls are counted, and those that a fault names fail.
class FaultyCalls {
 public:
  explicit FaultyCalls(std::vector<Fault> faults = {});
  ~FaultyCalls();
  FaultyCalls(const FaultyCalls&) = delete;
  FaultyCalls& operator=(const FaultyCalls&) = delete;

  // Runs `action` before the first call of that name; its own calls are neither counted nor fail.
  void before(std::string call, std::function<void()> action);

  // So far.
  [[nodiscard]] int count(const std::string& call) const;
};

}  // namespace ringtail::testing
