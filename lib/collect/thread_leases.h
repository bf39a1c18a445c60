// lib/collect/thread_leases.h
//
// The calling thread's recorders, one per session that it recorded in through Session::this_thread().
//
// They are given back when the thread ends: by the destructor of a POSIX thread key, which runs after those of all
// thread_local objects, so these can still record; and in the second round of such destructors, so those of other
// keys can as well. From then on the thread gets no more: what would lease again may be a signal handler that
// interrupts the giving back, which holds a lock. Those of the main thread live as long as the process: static
// destructors and atexit functions can record too.
//
// Errors   add gives null when there is no memory, or no key: then the recorder is given back at once.
// Threads  The calling one. find and are_over may be called in a signal handler, also one that interrupts add or the
//          thread's end.
#pragma once

#include <cstdint>

#include "ringtail/record/recorder.h"

namespace ringtail::inline v1 {

class ThreadLeases {
 public:
  // Null when there is none.
  [[nodiscard]] static Recorder* find(std::uint64_t session) noexcept;

  // This thread's were given back, or are being given back: it is to have no more.
  [[nodiscard]] static bool are_over() noexcept { return ending_ == Ending::kOver; }

  // Keeps the recorder; leases of sessions that are gone are dropped, but for those that still have open scopes. A
  // lease keeps its session's registry alive, as any recorder does. Requires: !are_over().
  static Recorder* add(std::uint64_t session, Recorder recorder) noexcept;

 private:
  struct Lease;
  class Key;
  enum class Ending : std::uint8_t { kNotYet, kOtherKeys, kOver };
  static void end_thread(void* first) noexcept;
  static thread_local Lease* first_;
  static inline constinit thread_local Ending ending_ = Ending::kNotYet;
};

}  // namespace ringtail::inline v1
