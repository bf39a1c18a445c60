// lib/record/forks.h
//
// Tells every registry of this process that it is now in a forked child.
//
// After fork() a child has one thread, and the locks as they were: any of them may be held by a thread that is not
// there. So the child's handler takes none: it walks a list of registries, of which cells are never given back, and
// in each registry a list of lanes, which only grows until it is emptied at the end of the session. Before the fork
// the registries' locks are taken where they can be had within a millisecond: a child then finds their tables whole,
// and can go on with the same ids. Who forks inside a lock, in a signal handler, waits that long and goes on without.
// Of threads that fork at once one waits for the other, a tenth of a second at most.
//
// Threads  The constructor and destructor: any. The handlers: the forking one, in the middle of fork().
//
// Ordering, by pair:
//   K1 -> K2   a registry is complete before it stands in its cell; the child has what its thread would have seen.
#pragma once

namespace ringtail::inline v1 {

class Registry;

// While a Forks lives, `registry` hears of forks.
class Forks {
 public:
  explicit Forks(Registry& registry);  // throws std::bad_alloc
  ~Forks();

  // Returns when a fork that may not have seen what the caller wrote, sequentially consistent, is through.
  void wait() const noexcept;
  Forks(const Forks&) = delete;
  Forks& operator=(const Forks&) = delete;

 private:
  struct Cell;
  struct Watch;
  Cell& cell_;
};

}  // namespace ringtail::inline v1
