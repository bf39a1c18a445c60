// benchmarks/peers/mutex_vector.h
//
// The reference's design behind a mutex: see bench/mutex_recorder.h. Entries are dropped between bursts, so
// growing the vector is part of the figure, as it is in a program that traces for a while.
#pragma once

#include <atomic>
#include <cstdint>

#include "bench/mutex_recorder.h"

namespace ringtail::benchmarks {

class MutexVector {
 public:
  static constexpr const char* kMissing = nullptr;

  void span(const overhead::Operands& operands) { recorder_.span(operands); }
  void settle() { kept_.fetch_add(recorder_.take_count(), std::memory_order_relaxed); }  // a sum, read after all
  std::uint64_t finish() { return kept_.load(std::memory_order_relaxed) + recorder_.take_count(); }  // as above

 private:
  overhead::MutexRecorder recorder_{Clock::best()};
  std::atomic<std::uint64_t> kept_{0};
};

}  // namespace ringtail::benchmarks
