// lib/collect/own_call.h
//
// Says whether the calling thread is inside a function of the program that a session has called (a sink, on_trigger):
// members of that session would wait there for what the function holds up.
//
// Threads  Values of the thread that makes them.
#pragma once

#include "record/registry.h"

namespace ringtail::inline v1 {

class OwnCall {
 public:
  // The session whose registry it is calls a function, while this lives.
  explicit OwnCall(const Registry& session) noexcept : session_(&session), outer_(innermost_) { innermost_ = this; }
  ~OwnCall() { innermost_ = outer_; }
  OwnCall(const OwnCall&) = delete;
  OwnCall& operator=(const OwnCall&) = delete;

  // Sessions may call one another's members, so it need not be the innermost one.
  [[nodiscard]] static bool is_inside(const Registry& session) noexcept {
    for (const OwnCall* call = innermost_; call != nullptr; call = call->outer_) {
      if (call->session_ == &session) return true;
    }
    return false;
  }

 private:
  static inline constinit thread_local const OwnCall* innermost_ = nullptr;

  const Registry* session_;
  const OwnCall* outer_;
};

}  // namespace ringtail::inline v1
