// lib/collect/thread_leases.h
//
// The calling thread's recorders, one per session that it recorded in through Session::this_thread().
//
// They are given back when the thread ends: by the destructor of a POSIX thread key, which runs after those of all
// thread_local objects, so these can still record. What records later, in another key's destructor, leases again and
// is given back in the next round. Those of the main thread live as long as the process: static destructors and
// atexit functions can record too.
//
// Errors   add gives null when there is no memory, or no key: then the recorder is given back at once.
// Threads  The calling one. find may be called in a signal handler, also one that interrupts add.
#pragma once

#include <cstdint>

#include "ringtail/record/recorder.h"

namespace ringtail::inline v1 {

class ThreadLeases {
 public:
  // Null when there is none.
  [[nodiscard]] static Recorder* find(std::uint64_t session) noexcept;

  // Keeps the recorder; leases of sessions that are gone are dropped, but for those that still have open scopes. A
  // lease keeps its session's registry alive, as any recorder does.
  static Recorder* add(std::uint64_t session, Recorder recorder) noexcept;

 private:
  struct Lease;
  class Key;
  static void drop_all(void* first) noexcept;
  static thread_local Lease* first_;
};

}  // namespace ringtail::inline v1
