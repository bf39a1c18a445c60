#include "collect/dumper.h"

#include <pthread.h>

#include <cstdio>
#include <string>

#include "base/cancellation.h"
#include "base/quiet_thread.h"
#include "collect/own_call.h"

namespace ringtail::inline v1 {
namespace {

std::string milliseconds(Nanoseconds time) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f ms", static_cast<double>(time.count()) / 1e6);
  return text.data();
}

std::string reason_of(const Sighting& seen, const Trace& trace) {
  switch (seen.cause) {
    case Trigger::Cause::kAsked: break;
    case Trigger::Cause::kSlowStep: {
      const bool named = index_of(seen.thread) < trace.threads.size();
      return "step " + std::to_string(seen.step) + " of " +
             (named ? trace.threads[index_of(seen.thread)].name : std::string("a thread")) + " took " +
             milliseconds(seen.length) + ", the median is " + milliseconds(seen.usual);
    }
    case Trigger::Cause::kIdleDevice: {
      const bool named = index_of(seen.device) < trace.device_names().size();
      return "device " + (named ? std::string(*trace.device(seen.device)) : std::string("(unknown)")) +
             " was idle for " + milliseconds(seen.length);
    }
  }
  return {seen.reason.data(), seen.reason_bytes};
}

}  // namespace

void Dumper::begin(bool with_thread) {
  Sighting old;
  static_cast<void>(slot_.take(old));
  slot_.forget_passed_over();
  dumps_ = 0;
  told_to_end_ = false;
  if (with_thread) thread_ = quiet_thread([this] { dump_until_told(); });
}

void Dumper::end() {
  if (!thread_.joinable()) return look();
  {
    const std::lock_guard lock(waiting_);
    told_to_end_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Dumper::wake() {
  if (!slot_.is_set()) return;
  { const std::lock_guard lock(waiting_); }  // whoever is about to wait has looked before, or waits
  wake_.notify_one();
}

void Dumper::dump_until_told() {
  pthread_setname_np(pthread_self(), "ringtail dump");
  std::unique_lock lock(waiting_);
  while (true) {
    wake_.wait(lock, [this] { return told_to_end_ || slot_.is_set(); });
    const bool last = told_to_end_;
    lock.unlock();
    look();
    lock.lock();
    if (last) return;
  }
}

bool Dumper::may_dump(Nanoseconds now) const noexcept {
  return dumps_ < triggers_.most && (dumps_ == 0 || now - last_dump_ >= triggers_.cooldown);
}

void Dumper::look() {
  Sighting seen;
  if (!slot_.take(seen)) return;
  const Nanoseconds now = clock_.pair().monotonic;
  if (!may_dump(now)) return slot_.pass_over();
  const NoCancellation whole;
  try {
    Trace trace = snapshot_();
    const Trigger trigger{seen.cause, reason_of(seen, trace), seen.at};
    trace.metadata["ringtail.trigger"] = trigger.reason;
    if (trace.origin) {
      trace.metadata["ringtail.trigger_at"] = std::to_string((trigger.at - trace.origin->monotonic).count());
    }
    ++dumps_;
    last_dump_ = now;
    const OwnCall inside(session_);
    triggers_.on_trigger(trace, trigger);
  } catch (...) {  // the program's function threw, or there was no memory for the snapshot
    slot_.pass_over();
  }
}

}  // namespace ringtail::inline v1
