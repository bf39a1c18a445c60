// lib/collect/dumper.h
//
// Hands snapshots to Triggers::on_trigger, on a thread of its own or when it is told to look.
//
// Threads  begin, end, look: one at a time (the session's control mutex). wake: the collector. slot(): any.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "collect/trigger_slot.h"
#include "record/registry.h"
#include "ringtail/base/clock.h"
#include "ringtail/collect/flight_recorder.h"

namespace ringtail::inline v1 {

class Dumper {
 public:
  // session: its registry. snapshot: by the thread that dumps.
  Dumper(const Triggers& triggers, Clock clock, const Registry& session, std::function<Trace()> snapshot)
      : triggers_(triggers), clock_(clock), session_(session), snapshot_(std::move(snapshot)) {}

  [[nodiscard]] TriggerSlot& slot() noexcept { return slot_; }
  [[nodiscard]] std::uint64_t passed_over() const noexcept { return slot_.passed_over(); }
  [[nodiscard]] bool is_used() const noexcept { return triggers_.on_trigger != nullptr; }

  // A run begins. Throws std::system_error without a thread, std::bad_alloc. Requires: is_used().
  void begin(bool with_thread);
  // It ends: a trigger that waits is handed over first. Requires: the run can still be drained.
  void end();
  // Something waits, maybe.
  void wake();
  // Hands over what waits, on the calling thread. Requires: there is no thread.
  void look();

 private:
  void dump_until_told();
  [[nodiscard]] bool may_dump(Nanoseconds now) const noexcept;

  const Triggers& triggers_;
  const Clock clock_;
  const Registry& session_;
  const std::function<Trace()> snapshot_;
  TriggerSlot slot_;
  std::uint32_t dumps_ = 0;
  Nanoseconds last_dump_{0};

  std::thread thread_;
  std::mutex waiting_;
  std::condition_variable wake_;
  bool told_to_end_ = false;
};

}  // namespace ringtail::inline v1
