// lib/collect/trigger_slot.h
//
// One trigger on its way from wherever it shows to the thread that makes the snapshot.
//
//     empty ─(whoever sets it)▶ being written ─(the same)▶ set ─(who takes it)▶ empty
//
// Threads  set: any, signal handlers too: it neither waits nor allocates. take, passed_over: any.
// Cost     set: one compare-exchange and a copy.
//
// Ordering, by pair:
//   T1 -> T2   who sets it releases `state_` after the words, who takes it acquires it: they are whole.
//   T3 -> T4   who takes it releases `state_` after copying, the next to set it acquires it: nothing is overwritten
//              before it was read.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "ringtail/base/ids.h"
#include "ringtail/collect/flight_recorder.h"

namespace ringtail::inline v1 {

// What was seen, in words that need no memory.
struct Sighting {
  Trigger::Cause cause = Trigger::Cause::kAsked;
  Nanoseconds at{0};  // CLOCK_MONOTONIC
  std::array<char, 128> reason{};
  std::size_t reason_bytes = 0;  // longer ones are cut
  ThreadId thread = kNoThread;   // whose step
  std::uint64_t step = 0;
  DeviceId device = kNoDevice;
  Nanoseconds length{0};  // of the step, or idle
  Nanoseconds usual{0};   // the median of the steps before

  void set_reason(std::string_view text) noexcept {
    reason_bytes = std::min(text.size(), reason.size());
    std::copy_n(text.data(), reason_bytes, reason.data());
  }
};

class TriggerSlot {
 public:
  void set(const Sighting& sighting) noexcept {
    State empty = State::kEmpty;
    // T4 <- T3. Relaxed where it fails: nothing is read.
    if (!state_.compare_exchange_strong(empty, State::kBeingWritten, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
      pass_over();
      return;
    }
    sighting_ = sighting;
    state_.store(State::kSet, std::memory_order_release);  // T1 -> T2
  }

  [[nodiscard]] bool is_set() const noexcept {
    return state_.load(std::memory_order_relaxed) == State::kSet;  // advice only
  }

  // Requires: one at a time.
  [[nodiscard]] bool take(Sighting& sighting) noexcept {
    if (state_.load(std::memory_order_acquire) != State::kSet) return false;  // T2 <- T1
    sighting = sighting_;
    state_.store(State::kEmpty, std::memory_order_release);  // T3 -> T4
    return true;
  }

  void pass_over() noexcept { passed_over_.fetch_add(1, std::memory_order_relaxed); }  // statistic
  [[nodiscard]] std::uint64_t passed_over() const noexcept {
    return passed_over_.load(std::memory_order_relaxed);  // statistic
  }
  void forget_passed_over() noexcept { passed_over_.store(0, std::memory_order_relaxed); }  // statistic

 private:
  enum class State : std::uint8_t { kEmpty, kBeingWritten, kSet };
  static_assert(std::atomic<State>::is_always_lock_free);

  std::atomic<State> state_{State::kEmpty};
  std::atomic<std::uint64_t> passed_over_{0};
  Sighting sighting_;
};

}  // namespace ringtail::inline v1
