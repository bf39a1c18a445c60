// lib/collect/row_log.h
//
// The spans of a run, in chunks, each lane's in the order in which they ended.
//
// Shape    A lane writes into its own open chunk (Writer). A segment says which rows of which chunk are one thread's;
//          a chunk may hold segments of several threads that leased the lane one after the other, so a thread of ten
//          spans takes no chunk of its own. Segments stand in the order in which they were opened.
// Bound    max_spans. What finds no room is folded (memory bound); or, with `latest`, whole segments leave from the
//          front until there is room (overwritten), as do those that nothing was added to for `window`. Segments are
//          then a sixteenth of the bound, or of the window.
// Units    Spans: rows that are no notes.
// Threads  One at a time (the collector's mutex). Copies of segments may be read meanwhile (chunk.h).
// Errors   Without memory for a chunk or a segment, spans are folded (no memory; memory bound, if it is the
//          session's), until the next look finds some; with `latest`, those at the front leave first. Only reset(),
//          segments() and lend() throw, std::bad_alloc.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "collect/chunk.h"
#include "ringtail/base/clock.h"
#include "ringtail/trace/ledger.h"

namespace ringtail::inline v1 {

class Writer;

struct Segment {
  ThreadId thread = kNoThread;
  std::shared_ptr<Chunk> chunk;
  std::uint32_t first = 0;  // position of its first row or note
  std::uint32_t end = 0;    // past its last row
  std::uint32_t kinds = 0;  // of the chunk, when its last row was written
  bool has_gaps = false;    // some row has a note kFoldedBefore
  std::uint64_t spans = 0;
  std::uint64_t opened_at = 0;  // spans that the log had ever taken before it
  Nanoseconds opened{0};        // CLOCK_MONOTONIC, as last_append
  Nanoseconds last_append{0};
  Writer* writer = nullptr;  // that still adds to it

  [[nodiscard]] const Row* begin_row() const noexcept { return chunk->rows() + first; }
  [[nodiscard]] const Row* end_row() const noexcept { return chunk->rows() + end; }
};

// Where the rows of one lane go.
class Writer {
 public:
  // One record. Requires: has_room().
  void append(const RingSlot& slot, std::uint64_t folded_before) noexcept {
    const Kind kind{slot.op_device, slot.shapes_depth_flags, slot.bytes, slot.step};
    const std::uint64_t duration = slot.end - slot.begin;
    const bool queued = ((kind.shapes_depth_flags >> 48U) & kWasQueued) != 0;
    if (folded_before != 0 || queued || (duration >> 32U) != 0) [[unlikely]] {
      if (folded_before != 0) note(kFoldedBefore, folded_before);
      if (queued) note(kQueuedAt, slot.queued);
      if ((duration >> 32U) != 0) note(kLongDuration, duration);
    }
    shapes_dropped_ += kind.shapes() == kDroppedShapes ? 1 : 0;
    *next_++ = {slot.begin, static_cast<std::uint32_t>(duration), number_of(kind)};
    --left_;
  }

  // Spans whose shapes were dropped, since the last call.
  [[nodiscard]] std::uint64_t take_shapes_dropped() noexcept { return std::exchange(shapes_dropped_, 0); }

  [[nodiscard]] bool has_room() const noexcept {
    return left_ != 0 &&
           reinterpret_cast<const std::byte*>(lowest_kind_) - reinterpret_cast<const std::byte*>(next_) >=
               static_cast<std::ptrdiff_t>((kMostNotes + 1) * sizeof(Row) + sizeof(Kind));
  }

 private:
  friend class RowLog;
  static constexpr std::size_t kCached = 256;  // kinds that are found again; more of them take a kind per row

  void note(std::uint32_t what, std::uint64_t value) noexcept {
    has_gaps_ |= what == kFoldedBefore;
    *next_++ = {value, 0, what};
  }

  std::uint32_t number_of(const Kind& kind) noexcept {
    // Multiplicative hashing by odd constants; the top bits depend on all four words.
    const std::uint64_t mixed = (kind.op_device ^ (kind.shapes_depth_flags * 0x9E37'79B9'7F4A'7C15ULL) ^
                                 (kind.bytes * 0xC2B2'AE3D'27D4'EB4FULL) ^ kind.step) *
                                0xD6E8'FEB8'6659'FD93ULL;
    std::uint16_t& cached = cached_[mixed >> 56U];
    if (cached != 0) [[likely]] {
      const Kind& known = kinds_end_[-static_cast<std::ptrdiff_t>(cached)];
      if (((known.op_device ^ kind.op_device) | (known.shapes_depth_flags ^ kind.shapes_depth_flags) |
           (known.bytes ^ kind.bytes) | (known.step ^ kind.step)) == 0) [[likely]]
        return cached - 1U;
    }
    *--lowest_kind_ = kind;
    cached = static_cast<std::uint16_t>(kinds_end_ - lowest_kind_);
    return cached - 1U;
  }

  std::uint64_t left_ = 0;  // spans until the log is to be asked again
  Row* next_ = nullptr;
  Kind* lowest_kind_ = nullptr;
  Kind* kinds_end_ = nullptr;
  std::uint64_t shapes_dropped_ = 0;
  std::uint64_t granted_ = 0;  // left_ when it was set
  bool has_gaps_ = false;      // since the last commit
  bool in_scratch_ = false;
  Segment* segment_ = nullptr;
  std::shared_ptr<Chunk> chunk_;
  std::array<std::uint16_t, kCached> cached_{};  // by hash: number of a kind plus one; 0 for none
};
static_assert(Chunk::kBytes / sizeof(Kind) < 0xFFFF);

class RowLog {
 public:
  struct Limits {
    std::uint64_t max_spans = 0;
    bool latest = false;
    Nanoseconds window{0};  // 0: spans of any age stay
  };
  // Told of every segment whose spans are not kept, and why.
  using Leave = std::function<void(const Segment&, LossCause)>;

  // memory: what chunks and segments are taken from; outlives the log.
  RowLog(MemoryBound& memory, Leave leave);

  // Begins: everything is cleared. Throws std::bad_alloc the first time, or never.
  void reset(Limits limits);

  // From now on every span is folded for this cause.
  void refuse(LossCause cause) noexcept { refused_ = cause; }

  // Makes room for at least one record of `thread`; what was appended is committed.
  void make_room(Writer& writer, ThreadId thread, Nanoseconds now) noexcept;

  // What was appended belongs to the log from here on. The writer has no room then: others may take what is left.
  void commit(Writer& writer, Nanoseconds now) noexcept;

  // No more is added to the open segment: the lane changes hands. Requires: committed.
  static void close(Writer& writer) noexcept;

  // Lets go of what is older than the window.
  void expire(Nanoseconds now) noexcept;

  [[nodiscard]] std::uint64_t spans() const noexcept { return spans_; }

  // What is in the log, to be read under the mutex. Requires: committed.
  [[nodiscard]] std::vector<Segment> segments() const { return {segments_.begin(), segments_.end()}; }
  // The same, to be read without it.
  [[nodiscard]] std::vector<Segment> lend();
  // What is in the log was read and leaves it. Its chunks serve the rows to come, if nobody has a copy of segments.
  void clear() noexcept;
  // What is in the log is folded.
  void fold_all(LossCause cause) noexcept;

 private:
  void open(Writer& writer, ThreadId thread, Nanoseconds now) noexcept;
  void open_segment(Writer& writer, ThreadId thread, Nanoseconds now);
  void open_scratch(Writer& writer, ThreadId thread, LossCause why) noexcept;
  void grant(Writer& writer) noexcept;
  void evict_front(LossCause cause) noexcept;
  void use(Writer& writer, std::shared_ptr<Chunk> chunk) noexcept;
  [[nodiscard]] std::shared_ptr<Chunk> new_chunk();
  void recycle(std::shared_ptr<Chunk>&& chunk) noexcept;

  MemoryBound& memory_;
  Limits limits_;
  Leave leave_;
  std::uint64_t slice_ = 0;  // spans of a segment
  std::optional<LossCause> refused_;
  std::deque<Segment> segments_;  // a deque: writers point at segments
  std::uint64_t spans_ = 0;
  std::uint64_t taken_ = 0;
  const std::size_t most_spare_;  // chunks
  std::vector<std::shared_ptr<Chunk>> spare_;
  Segment scratch_;  // where spans are written that are folded at once
  LossCause scratch_why_ = LossCause::kMemoryBound;
};

}  // namespace ringtail::inline v1
