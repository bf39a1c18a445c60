// format/rtt_rows.h
//
// The contents of a chunk of rows: what its rows repeat once, and the rest by column.
//
// Shape    What spans repeat is their *kind*: op, device, shapes, thread, depth, weight, and elements and bytes where
//          they are not what the shapes give. A chunk has the names and signatures of its kinds, the kinds, and per
//          row the number of its kind, its step, duration and times (RTT.md). Kinds are numbered as they appear, so
//          where every row has its own the numbers take no room.
// Cost     benchmarks/README.md. Nothing is allocated per row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "format/rtt_bytes.h"
#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// Which of a trace's names or signatures a chunk has, numbered as they appear.
class LocalIds {
 public:
  void clear() noexcept {
    ids_.clear();
    ++chunk_;
  }
  std::uint32_t number_of(std::uint32_t id) {
    if (id >= marks_.size()) marks_.resize(std::size_t{id} + 1);
    Mark& mark = marks_[id];
    if (mark.chunk != chunk_) {
      mark = {chunk_, static_cast<std::uint32_t>(ids_.size())};
      ids_.push_back(id);
    }
    return mark.number;
  }
  [[nodiscard]] std::span<const std::uint32_t> ids() const noexcept { return ids_; }
  [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }

 private:
  struct Mark {
    std::uint64_t chunk = 0;
    std::uint32_t number = 0;
  };
  std::uint64_t chunk_ = 1;
  std::vector<Mark> marks_;
  std::vector<std::uint32_t> ids_;
};

// Memory of a name or signature in a table, besides its text or words.
inline constexpr std::uint64_t kTableEntryBytes = 128;

// What rows of a chunk repeat, in numbers of the chunk: device, thread 0 is none, as are shapes 0 and, dropped, 1.
struct RttKind {
  std::uint32_t op = 0;
  std::uint32_t device = 0;
  std::uint32_t shapes = 0;
  std::uint32_t thread = 0;
  std::uint32_t depth = 0;
  std::uint32_t weight = 1;
  std::uint64_t elements = 0;  // meaningless where the chunk's rows are as their signatures say; so are bytes
  std::uint64_t bytes = 0;
  friend bool operator==(const RttKind&, const RttKind&) = default;
};

// Facts that some rows of a chunk have; bits of its first number.
enum RttFact : std::uint32_t {
  kHasBegin = 1U << 0U,
  kHasQueueDelay = 1U << 1U,
  kHasLostBefore = 1U << 2U,
  kHasThread = 1U << 3U,
  kHasDepth = 1U << 4U,
  kHasWeight = 1U << 5U,
  kHasElements = 1U << 6U,
  kHasBytes = 1U << 7U,
};

class RowsEncoder {
 public:
  // Adds the contents of a chunk to `out`: of the rows of `trace` from `first` on, as many as fit. How many, or
  // kUnsupported for a name or signature above the limits. Requires: first < trace.size().
  [[nodiscard]] Result<std::size_t> encode(const Trace& trace, std::size_t first, ByteWriter& out);

 private:
  [[nodiscard]] std::uint32_t facts_of(const Trace& trace, std::size_t first, std::size_t last) const;
  [[nodiscard]] std::size_t find_kinds(const Trace& trace, std::size_t first, std::size_t last, std::uint32_t facts);
  [[nodiscard]] std::uint32_t number_of(const RttKind& kind);
  void grow_slots();
  [[nodiscard]] std::optional<Error> write_definitions(const Trace& trace, ByteWriter& out) const;
  void write_kinds(ByteWriter& out, std::uint32_t facts);
  void write_durations(std::span<const double> durations, ByteWriter& out);
  template <class Value, class Get>
  void write_some(std::size_t rows, Value absent, Get get, ByteWriter& out);

  LocalIds ops_;
  LocalIds devices_;
  LocalIds shapes_;
  std::vector<RttKind> kinds_;
  std::vector<std::uint32_t> slots_;  // 2^k, of kinds found by hash: the chunk's mark above, its number below
  std::uint32_t mark_ = 0;
  Column<std::uint64_t> kind_of_row_;
  Column<std::uint64_t> column_;     // the one being written
  std::vector<std::uint64_t> rows_;  // that have what only some have
};

// The contents, read: whole and within all limits, or not at all.
struct RttRows {
  // A column that only some rows have.
  struct Some {
    Column<std::uint64_t> rows;  // ascending; empty where all have it
    Column<std::uint64_t> values;
  };

  std::uint32_t facts = 0;
  std::vector<std::string_view> ops;  // bytes of the contents
  std::vector<std::string_view> devices;
  std::vector<std::uint64_t> signature_words;
  std::vector<std::size_t> signature_ends;  // in signature_words
  std::vector<RttKind> kinds;
  Column<std::uint64_t> kind_of_row;
  Column<std::uint64_t> step;
  Column<double> duration_us;
  Some begin;
  Some queue_delay;
  Some lost_before;
};

// Fills `rows`, whose memory is used again. The problem, if there is one.
[[nodiscard]] std::optional<ContentProblem> decode_rows(std::span<const std::byte> contents, std::size_t count,
                                                        RttRows& rows);

}  // namespace ringtail::inline v1
