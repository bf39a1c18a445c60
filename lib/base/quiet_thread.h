// lib/base/quiet_thread.h
//
// Threads of the library's own: signals for the process go to the program's threads, and kill or wait there as if
// these did not exist.
//
// Errors   As std::thread: std::system_error, std::bad_alloc. The caller's mask is as before in any case.
// Threads  Any.
#pragma once

#include <signal.h>

#include <thread>
#include <utility>

namespace ringtail::inline v1 {

// While it lives, the calling thread takes no signal but those of its own faults, which a blocked signal would turn
// into an end without the program's handler.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

template <class Work>
[[nodiscard]] std::thread quiet_thread(Work&& work) {
  const SignalsBlocked inherited;  // by the new thread, from its first instruction
  return std::thread(std::forward<Work>(work));
}

}  // namespace ringtail::inline v1
