// benchmarks/peers/mutex_vector.h
//
// The reference's design behind a mutex: see bench/mutex_recorder.h. Entries are kept until the end of the row, as
// every other recorder here keeps its spans: the memory that they take is new to the process, and is taken by the
// threads that record.
#pragma once

#include <string>

#include "bench/mutex_recorder.h"
#include "benchmarks/peers/peer.h"

namespace ringtail::benchmarks {

class MutexVector {
 public:
  [[nodiscard]] std::string fault() const { return {}; }
  void span(const overhead::Operands& operands) { recorder_.span(operands); }
  void settle() {}
  Delivered finish() { return {recorder_.take_count(), 0}; }

 private:
  overhead::MutexRecorder recorder_{Clock::best()};
};

}  // namespace ringtail::benchmarks
