// lib/record/memory_bound.h
//
// The bound on what a session holds: whoever allocates for it takes the bytes here first. Past the bound there is no
// memory, so that what survives the one survives the other.
//
// Threads  Any. Relaxed, all: counters, and nothing is published through them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <new>

#include "ringtail/record/memory_use.h"

namespace ringtail::inline v1 {

// No memory by the session's bound; the machine may have some.
class OverBound : public std::bad_alloc {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "over the session's memory bound"; }
};

class MemoryBound {
 public:
  enum class For { kLanes, kTables, kLog, kBooks };

  // most: bytes.
  explicit MemoryBound(std::size_t most) : most_(most) {}

  // False, and nothing is taken, not even for a moment, where the bound leaves no room.
  [[nodiscard]] bool take(For what, std::size_t bytes) noexcept {
    std::size_t total = total_.load(std::memory_order_relaxed);  // counter
    do {
      if (bytes > most_ - total) return false;
    } while (!total_.compare_exchange_weak(total, total + bytes, std::memory_order_relaxed));  // counter
    use_[static_cast<std::size_t>(what)].fetch_add(bytes, std::memory_order_relaxed);          // counter
    return true;
  }
  // make(), with bytes taken for what it allocates: they stay taken unless it throws. Throws OverBound.
  template <class Make>
  decltype(auto) spend(For what, std::size_t bytes, Make make) {
    if (!take(what, bytes)) throw OverBound();
    try {
      return make();
    } catch (...) {
      give(what, bytes);
      throw;
    }
  }
  void give(For what, std::size_t bytes) noexcept {
    use_[static_cast<std::size_t>(what)].fetch_sub(bytes, std::memory_order_relaxed);  // counter
    total_.fetch_sub(bytes, std::memory_order_relaxed);                                // counter
  }

  [[nodiscard]] std::size_t most() const noexcept { return most_; }
  [[nodiscard]] MemoryUse use() const noexcept {
    const auto of = [this](For what) {
      return use_[static_cast<std::size_t>(what)].load(std::memory_order_relaxed);  // counter
    };
    return {of(For::kLanes), of(For::kTables), of(For::kLog), of(For::kBooks)};
  }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> total_{0};
  std::array<std::atomic<std::size_t>, 4> use_{};
};

}  // namespace ringtail::inline v1
