// lib/record/lane_pool.h
//
// The lanes of a registry: how one is found or made for a thread, and what becomes of it when the thread
// gives it back.
//
// Errors   Without memory find gives null; the pool is then as before.
// Threads  Everything but count() and for_each_unlocked() under the registry's mutex, which find leaves while it
//          makes a lane.
//
// Ordering, by pair:
//   R3 -> R4   who makes a lane releases `newest_`; who acquires it finds whole lanes, linked by their `older`.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "ringtail/record/lane.h"

namespace ringtail::inline v1 {

template <class Lane>
class LanePool {
 public:
  explicit LanePool(std::size_t max_rings) : max_rings_(max_rings) {}

  // A free lane with a ring, or a new one. When there are max_rings of them, all taken, or without memory for
  // another: a lane without a ring where that is accepted, else null; null also without memory for one of these.
  // make(with_ring, add) makes a lane and gives it to add, where that throws std::bad_alloc nothing is left of it.
  template <class Lock, class Make>
  [[nodiscard]] Lane* find(Lock& lock, bool accept_without_ring, const Make& make) {
    Lane* lane = free_lane(true);
    if (lane == nullptr && rings_ < max_rings_) lane = add_lane(lock, true, make);
    if (lane != nullptr || !accept_without_ring) return lane;
    lane = free_lane(false);
    return lane != nullptr ? lane : add_lane(lock, false, make);
  }

  // What its thread wrote waits for the collector while one is at work.
  void give_back(Lane& lane) {
    if (collecting_) {
      lane.retire();
    } else {
      lane.make_free();
    }
  }

  // From on to off: lanes that were retired and that the collector, being gone, will not look at again are free.
  void set_collecting(bool on) {
    collecting_ = on;
    if (on) return;
    for (const auto& lane : lanes_) {
      if (lane->look() == LaneState::kRetired) lane->make_free();
    }
  }
  [[nodiscard]] bool collecting() const { return collecting_; }

  // From here on for_each_unlocked finds none.
  void hide() noexcept { newest_.store(nullptr, std::memory_order_seq_cst); }

  // Destroys those that are free; `gone` sees them before. Requires: nobody leases any more, or looks at them
  // unlocked.
  template <class Gone>
  void shed(const Gone& gone) {
    std::erase_if(lanes_, [&](const std::unique_ptr<Lane>& lane) {
      const bool is_free = lane->look() == LaneState::kFree;
      if (is_free) gone(*lane);
      return is_free;
    });
  }

  // In the order of their making; they are never destroyed before the pool, but by shed.
  [[nodiscard]] const std::vector<std::unique_ptr<Lane>>& all() const { return lanes_; }

  // Any thread: a forked child, whose mutex may be held by a thread that is not there.
  template <class Visit>
  void for_each_unlocked(const Visit& visit) const {
    for (Lane* lane = newest_.load(std::memory_order_acquire); lane != nullptr; lane = lane->older)
      visit(*lane);  // R4 <- R3
  }

  // Any thread. As many as there were at some moment since the caller looked last.
  [[nodiscard]] std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }  // as above

 private:
  [[nodiscard]] Lane* free_lane(bool with_ring) const {
    for (const auto& lane : lanes_) {
      if ((lane->ring_entries > 0) == with_ring && lane->look() == LaneState::kFree) return lane.get();
    }
    return nullptr;
  }

  // Null without memory.
  template <class Lock, class Make>
  [[nodiscard]] Lane* add_lane(Lock& lock, bool with_ring, const Make& make) {
    if (with_ring) rings_ = rings_ + 1;
    // Without the mutex: touching a ring's pages takes as long as thousands of other leases.
    lock.unlock();
    try {
      make(with_ring, [&](std::unique_ptr<Lane> made) {
        lock.lock();
        lanes_.push_back(std::move(made));
      });
    } catch (const std::bad_alloc&) {
      if (!lock.owns_lock()) lock.lock();
      if (with_ring) rings_ = rings_ - 1;
      return nullptr;
    }
    Lane* const lane = lanes_.back().get();
    lane->older = newest_.load(std::memory_order_relaxed);  // written under the mutex
    newest_.store(lane, std::memory_order_release);         // R3 -> R4
    // Relaxed: who finds that there are more takes the list under the mutex.
    count_.store(lanes_.size(), std::memory_order_relaxed);
    return lane;
  }

  const std::size_t max_rings_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  typename Lane::template Plain<std::size_t> rings_{0};
  typename Lane::template Plain<bool> collecting_{false};
  typename Lane::template Atomic<std::size_t> count_{0};
  typename Lane::template Atomic<Lane*> newest_{nullptr};
};

}  // namespace ringtail::inline v1
