// tools/ringtail/bench/mutex_recorder.h
//
// The simplest recorder that is right with threads, to compare with: the reference's design (one entry that
// owns its names and shapes, appended to one vector) behind one mutex, with this library's clock.
//
// Threads  span: any. take_count: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "bench/payload.h"
#include "ringtail/base/clock.h"

namespace ringtail::overhead {

class MutexRecorder {
 public:
  explicit MutexRecorder(Clock clock) : clock_(clock) {}

  void span(const Operands& operands) {
    const Ticks begin = clock_.now();
    opaque();
    const Ticks end = clock_.now();
    Entry entry;
    entry.begin = begin;
    entry.end = end;
    entry.operation = kOpName;
    entry.device = kDeviceName;
    entry.input_shapes.reserve(2);
    entry.input_shapes.push_back(owned(operands.image));
    entry.input_shapes.push_back(owned(operands.weights));
    entry.output_shape = owned(operands.output);
    const std::lock_guard lock(mutex_);
    entry.step = entries_.size();
    entries_.push_back(std::move(entry));
  }

  // The number of spans since the last call; forgets them.
  std::size_t take_count() {
    std::vector<Entry> taken;
    {
      const std::lock_guard lock(mutex_);
      taken.swap(entries_);
    }
    return taken.size();
  }

 private:
  using Dimensions = std::vector<std::uint64_t>;
  struct Entry {
    std::uint64_t step = 0;
    Ticks begin;
    Ticks end;
    std::string operation;
    std::string device;
    std::vector<Dimensions> input_shapes;
    Dimensions output_shape;
  };

  static Dimensions owned(const std::array<std::uint64_t, 4>& dims) { return {dims.begin(), dims.end()}; }

  Clock clock_;
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace ringtail::overhead
