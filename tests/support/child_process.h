// A piece of a test in a process of its own, for what would end or spoil the test's.
#pragma once

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace ringtail::testing {

// Runs in a forked process, which ends with what is returned. It dies with its parent's thread, of an alarm if it
// hangs, by std::terminate of an exception, and leaves no core.
template <class Work>
pid_t start_child(const Work& work, unsigned hang_seconds = 120) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(hang_seconds);
  const rlimit no_core{};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::_exit([&]() noexcept { return work(); }());
}

// Waits for its end: the wait status.
inline int status_of(pid_t child) {
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

// The code that such a process exits with; 256 and the signal's number if one ends it.
template <class Work>
int code_of_child(const Work& work, unsigned hang_seconds = 120) {
  const int status = status_of(start_child(work, hang_seconds));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

}  // namespace ringtail::testing
