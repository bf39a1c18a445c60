// lib/collect/thread_leases.h
//
// What Session::this_thread() remembers.
#pragma once

#include <cstdint>
#include <list>
#include <utility>

#include "ringtail/record/recorder.h"

namespace ringtail {

// The calling thread's leases, one per session it recorded in: the thread's to give back, so they go with it. A lease
// keeps its session's registry alive, as any recorder does; those of sessions that are gone are dropped at the
// thread's next lease, but for one that still has open scopes.
class ThreadLeases {
 public:
  ~ThreadLeases() { gone = true; }

  Recorder* find(std::uint64_t session) {
    for (Lease& lease : leases_) {
      if (lease.session == session) return &lease.recorder;
    }
    return nullptr;
  }

  Recorder& add(std::uint64_t session, Recorder recorder) {
    leases_.remove_if([](const Lease& lease) { return lease.recorder.is_of_the_past(); });
    leases_.push_back({session, std::move(recorder)});
    return leases_.back().recorder;
  }

  // Trivial, so it can be asked after the thread's leases were destroyed.
  static inline thread_local bool gone = false;

 private:
  struct Lease {
    std::uint64_t session;
    Recorder recorder;
  };
  std::list<Lease> leases_;  // a list: references given out stay valid
};

}  // namespace ringtail
