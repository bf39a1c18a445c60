// lib/record/freezing.h
//
// For a table that is bounded: while it grows it is used under a mutex, from then on without, as nothing is added any
// more.
//
// Threads  Any.
//
// Ordering, by pair:
//   R1 -> R2   who finds the table full releases `full_` under the mutex; a reader that acquired it reads the table
//              without: all that was added came before.
#pragma once

#include <atomic>

namespace ringtail::inline v1 {

template <class Atomics>
class Freezing {
 public:
  // What find() finds; else what add() adds, which gives nothing when the table is full. lock() is the mutex, held;
  // where it is not, nothing is found. find and add give an optional of what may be read without the mutex.
  template <class Lock, class Find, class Add>
  auto find_or_add(const Lock& lock, const Find& find, const Add& add) {
    if (full_.load(std::memory_order_acquire)) return find();  // R2 <- R1
    const auto held = lock();
    if (!held.owns_lock()) return decltype(find()){};
    if (auto found = find()) return found;
    auto added = add();
    if (!added) full_.store(true, std::memory_order_release);  // R1 -> R2
    return added;
  }

 private:
  typename Atomics::template Atomic<bool> full_{false};
};

}  // namespace ringtail::inline v1
