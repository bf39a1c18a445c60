// lib/base/cancellation.h
//
// Keeps pthread_cancel away from what cannot be unwound: functions that are noexcept, and those that catch
// everything, both of which end the process when a cancelled thread is unwound through them.
//
// Threads  Values of the thread that makes them.
#pragma once

#include <pthread.h>

namespace ringtail::inline v1 {

// While it lives, a request to cancel the calling thread waits for a later cancellation point.
class NoCancellation {
 public:
  NoCancellation() noexcept { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~NoCancellation() { pthread_setcancelstate(before_, nullptr); }
  NoCancellation(const NoCancellation&) = delete;
  NoCancellation& operator=(const NoCancellation&) = delete;

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace ringtail::inline v1
