// lib/collect/chunk.h
//
// Spans as the collector keeps them until they are in a trace: 16 bytes each.
//
// Shape    A chunk is one block of memory. Rows grow from its front: begin, duration, and the number of a kind. Kinds
//          grow from its back: all of a record that programs repeat (op, device, shapes, depth, flags, bytes, step).
//          The chunk is full when the two meet.
//
//            [row][row][note][row] ...            ... [kind 2][kind 1][kind 0]
//
//          What few spans have stands in notes before their row: a duration of more than 32 bits, the time of
//          queueing, the number of spans folded before it. A note's `kind` is none that a row can have.
// Units    Times: as Record's. Positions: rows, notes included.
// Threads  One appends. Rows and kinds that were there when a reader was told of them may be read by it meanwhile:
//          they are never written again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "record/memory_bound.h"
#include "ringtail/record/record.h"

namespace ringtail::inline v1 {

struct Row {
  std::uint64_t begin;     // of a note: its value
  std::uint32_t duration;  // of a note: unused
  std::uint32_t kind;
};
static_assert(sizeof(Row) == 16);

inline constexpr std::uint32_t kFirstNote = 0xFFFF'FFFD;
inline constexpr std::uint32_t kFoldedBefore = kFirstNote;
inline constexpr std::uint32_t kQueuedAt = kFirstNote + 1;
inline constexpr std::uint32_t kLongDuration = kFirstNote + 2;
inline constexpr std::size_t kMostNotes = 3;  // before one row

[[nodiscard]] inline bool is_note(const Row& row) noexcept { return row.kind >= kFirstNote; }

struct Kind {
  std::uint64_t op_device;
  std::uint64_t shapes_depth_flags;
  std::uint64_t bytes;
  std::uint64_t step;

  [[nodiscard]] OpId op() const noexcept { return OpId{static_cast<std::uint32_t>(op_device)}; }
  [[nodiscard]] DeviceId device() const noexcept { return DeviceId{static_cast<std::uint32_t>(op_device >> 32U)}; }
  [[nodiscard]] ShapesId shapes() const noexcept { return ShapesId{static_cast<std::uint32_t>(shapes_depth_flags)}; }
  [[nodiscard]] std::uint16_t depth() const noexcept { return static_cast<std::uint16_t>(shapes_depth_flags >> 32U); }
  [[nodiscard]] std::uint16_t flags() const noexcept { return static_cast<std::uint16_t>(shapes_depth_flags >> 48U); }
  [[nodiscard]] bool in_nanoseconds() const noexcept { return (flags() & kTimesAreNanoseconds) != 0; }
};
static_assert(sizeof(Kind) == 32);

class Chunk {
 public:
  static constexpr std::size_t kBytes = std::size_t{128} << 10U;

  // Maps the memory and takes its page faults. Throws std::bad_alloc. bound: outlives the chunk.
  explicit Chunk(MemoryBound& bound);
  ~Chunk();
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  [[nodiscard]] Row* rows() const noexcept { return reinterpret_cast<Row*>(memory_); }
  // Kind k is kinds_end()[-1 - k].
  [[nodiscard]] Kind* kinds_end() const noexcept { return reinterpret_cast<Kind*>(memory_ + kBytes); }
  [[nodiscard]] const Kind& kind(std::uint32_t number) const noexcept {
    return kinds_end()[-1 - static_cast<std::ptrdiff_t>(number)];
  }

  // A reader outside the collector's mutex may still have it, so its memory is not used again.
  bool lent = false;

 private:
  MemoryBound& bound_;
  std::byte* memory_;
};

}  // namespace ringtail::inline v1
