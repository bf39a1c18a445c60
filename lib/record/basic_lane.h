// lib/record/basic_lane.h
//
// The functions of BasicLane that are not the usual case: for the library's own instance (lane.cpp), and for the
// models of it.
#pragma once

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/cancellation.h"
#include "record/basic_fold_table.h"
#include "ringtail/record/lane.h"

namespace ringtail::inline v1 {

// Between two looks at a full ring: short beside the time that a collector needs for a pass, long beside a look.
inline constexpr std::chrono::nanoseconds kLookAtRing{20'000};

template <class Atomics, class Ring>
std::uint64_t BasicLane<Atomics, Ring>::first_of_run(std::uint16_t run) noexcept {
  return InRun::first(run);
}

template <class Atomics, class Ring>
void BasicLane<Atomics, Ring>::nested_close(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes,
                                            std::uint64_t what, std::uint16_t flags) noexcept {
  Switches on = switches();
  if (on.any()) nested.add(begin, std::max(begin, end), bytes, what, flags, on.run());
}

template <class Atomics, class Ring>
std::uint16_t BasicLane<Atomics, Ring>::nested_sample(unsigned log2, std::uint16_t run) noexcept {
  return nested.keep(log2, run) ? static_cast<std::uint16_t>(log2 << kWeightShift) : kSampledOut;
}

template <class Atomics, class Ring>
void BasicLane<Atomics, Ring>::fold_filtered(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes,
                                             std::uint64_t what, std::uint64_t rest) noexcept {
  fold(begin, end, bytes, what, rest, Folds::Why::kFiltered);
}

template <class Atomics, class Ring>
void BasicLane<Atomics, Ring>::no_room(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes,
                                       std::uint64_t what, std::uint64_t rest, std::uint64_t queued) noexcept {
  // Relaxed, both: a rule takes effect soon; own counter.
  const std::chrono::nanoseconds longest{longest_wait_ns.load(std::memory_order_relaxed)};
  const std::uint64_t sequence = attempted.load(std::memory_order_relaxed) - 1;
  if (longest.count() > 0 && ring_entries > 0) {
    const NoCancellation whole;      // or the sleep would be a point of it
    const int caller_errno = errno;  // a sleep that a signal interrupts sets it
    const auto began = std::chrono::steady_clock::now();
    auto now = began;
    bool pushed = false;
    // Nobody collects when recording is off: then there is nothing to wait for.
    while (!pushed && now - began < longest && switches().any()) {
      // Not sleep_for, which sleeps again after a signal: with signals closer than the timer's slack, for ever.
      const timespec pause{.tv_sec = 0, .tv_nsec = std::min<long>(longest.count(), kLookAtRing.count())};
      ::nanosleep(&pause, nullptr);
      pushed = ring.push(RingSlot{begin, end, queued, bytes, step, sequence, what, rest});
      now = std::chrono::steady_clock::now();
    }
    errno = caller_errno;
    // 78 hours, and then it stays at that. Relaxed: own counter.
    const std::uint16_t run = InRun::run_of(sequence);
    const std::uint64_t room = InRun::kMost - InRun::count_of(blocked_ns.load(std::memory_order_relaxed), run);
    count(blocked_ns, run, std::min(static_cast<std::uint64_t>((now - began).count()), room));
    if (pushed) return;
  }
  fold(begin, end, bytes, what, rest, Folds::Why::kNoRoom);
}

template <class Atomics, class Ring>
void BasicLane<Atomics, Ring>::fold(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what,
                                    std::uint64_t rest, typename Folds::Why why) noexcept {
  const std::uint16_t run = InRun::run_of(attempted.load(std::memory_order_relaxed));  // own counter
  folds.fold(begin, end, bytes, what, static_cast<std::uint16_t>(rest >> 48U), why, run);
  if (ShapesId{static_cast<std::uint32_t>(rest)} == kDroppedShapes) count(shapes_dropped, run);
}

template <class Atomics, class Ring>
void BasicLane<Atomics, Ring>::reset() {
  ring.consume_all([](const RingSlot&) {});
  folds.clear();
  nested.clear();
  attempted.store(0, std::memory_order_relaxed);  // this and all below: published by L3
  sampled_out.store(0, std::memory_order_relaxed);
  shapes_dropped.store(0, std::memory_order_relaxed);
  clock_steps.store(0, std::memory_order_relaxed);
  blocked_ns.store(0, std::memory_order_relaxed);
  open_depth.store(0, std::memory_order_relaxed);
  busy.store(false, std::memory_order_relaxed);
  step = 0;
}

}  // namespace ringtail::inline v1
