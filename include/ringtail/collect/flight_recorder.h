// ringtail/collect/flight_recorder.h
//
// When something is odd, the last seconds of the trace go to a function while recording goes on.
//
//     SessionOptions options;
//     options.keep = Keep::kLatest;  // a flight recorder (sink.h): this is what a trigger shows
//     options.window = std::chrono::seconds{30};
//     options.triggers.on_trigger = [](const Trace& trace, const Trigger& why) { save(trace, why.reason); };
//     options.triggers.slow_step = 3.0;
//     options.triggers.idle_device = std::chrono::seconds{2};
//     ...
//     session.trigger("loss is not a number");  // or by hand, from wherever it shows: a signal handler, too
//
// The trace is a Session::snapshot(), with the reason in its metadata "ringtail.trigger", and "ringtail.trigger_at":
// nanoseconds since its origin.
//
// Shape    One trigger waits at most: those that come before it was handed over, within the cooldown, or after the
//          last one, are counted (metadata "ringtail.triggers_passed_over" of the trace that is taken).
// Steps    Of each thread that calls Recorder::step: from the last span that ended in the step before to the last
//          that ended in this one. Slow is measured by the median of the thread's last 31, once there are 8. A step
//          is looked at when a span of the next one has ended.
// Devices  The first 4,096. Busy is what has a span open, or has had one end within `idle_device`. Once
//          per idle time.
// Requires The session is not destroyed inside its own on_trigger.
// Threads  on_trigger is called by a thread of its own, so that rings are drained meanwhile; stop() waits for it.
//          Where there is no collector thread: by drain_once() and stop(). It may name things, read the clock and
//          call trigger(); start(), stop() and what else would wait for itself do nothing there (see trace/sink.h).
// Errors   What on_trigger throws, and a snapshot that finds no memory, count as passed over.
// Cost     Nothing while on_trigger is not set. Else the collector looks at every span for steps and
//          devices, some ns.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "ringtail/base/clock.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct Trigger {
  enum class Cause : std::uint8_t { kAsked, kSlowStep, kIdleDevice };
  Cause cause = Cause::kAsked;
  std::string reason;  // as given, or what was seen
  Nanoseconds at{0};   // CLOCK_MONOTONIC
};

struct Triggers {
  std::function<void(const Trace& trace, const Trigger& trigger)> on_trigger = nullptr;
  double slow_step = 0.0;                   // times the median; 0: steps are not watched
  std::chrono::nanoseconds idle_device{0};  // 0: devices are not watched
  std::chrono::nanoseconds cooldown = std::chrono::seconds{10};
  std::uint32_t most = 16;  // between a start and a stop
};

}  // namespace ringtail::inline v1
