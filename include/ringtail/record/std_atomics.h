// ringtail/record/std_atomics.h
//
// What the classes that threads share are built of. They are templates over this, so that the explorer of tests/model
// runs the same source on atomics of its own; a program has these and nothing in between.
#pragma once

#include <atomic>

namespace ringtail::inline v1 {

struct StdAtomics {
  template <class T>
  using Atomic = std::atomic<T>;
  // Used by one thread after another, as the atomics beside it say.
  template <class T>
  using Plain = T;
  // Looks at a fold table before it is left to its producer.
  static constexpr int kReadTries = 64;
};

}  // namespace ringtail::inline v1
