// lib/collect/record_log.h
//
// Drained records in arrival order, and which thread each came from: an append-only list of fixed blocks, so
// that draining is a copy and never moves what is already there.
//
// Units    Entries. 64 bytes each, in blocks of kBlock.
// Threads  One at a time (the collector's mutex).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ringtail/record/record.h"

namespace ringtail {

class RecordLog {
 public:
  static constexpr std::size_t kBlock = 4'096;

  // Consecutive records of one thread.
  struct Stretch {
    ThreadId thread;
    std::size_t count;
  };

  // Room for at least one record behind the last. Throws std::bad_alloc.
  [[nodiscard]] std::span<RingSlot> room() {
    if (size_ == blocks_.size() * kBlock) blocks_.push_back(std::make_unique_for_overwrite<RingSlot[]>(kBlock));
    const std::size_t used = size_ % kBlock;
    return {blocks_[size_ / kBlock].get() + used, kBlock - used};
  }

  // The first `count` records of the last room() were filled, all by `thread`.
  void commit(ThreadId thread, std::size_t count) {
    if (count == 0) return;
    if (!stretches_.empty() && stretches_.back().thread == thread) {
      stretches_.back().count += count;
    } else {
      stretches_.push_back({thread, count});
    }
    size_ += count;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Record operator[](std::size_t at) const { return unpack(blocks_[at / kBlock][at % kBlock]); }
  [[nodiscard]] const std::vector<Stretch>& stretches() const noexcept { return stretches_; }

 private:
  std::vector<std::unique_ptr<RingSlot[]>> blocks_;
  std::vector<Stretch> stretches_;
  std::size_t size_ = 0;
};

}  // namespace ringtail
