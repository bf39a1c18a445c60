// format/rtt_source.h
//
// An .rtt file chunk by chunk: what both ways of reading it share.
//
// Shape    at() gives any bytes from the last offset asked for on; nothing before it is kept. read_chunk() checks all
//          that can be without knowing the trace: header, lengths, checksums, compression.
// Errors   Memory is taken for stored bytes that came, in steps, not for those that a header announces; for unpacked
//          bytes where header and frame announce the same, within the limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>

#include "format/rtt_layout.h"
#include "format/rtt_pack.h"
#include "ringtail/base/result.h"
#include "ringtail/format/rtt.h"
#include "ringtail/trace/column.h"

namespace ringtail::inline v1 {

class RttSource {
 public:
  // Chunks of more than `memory` bytes, packed and unpacked together, are refused.
  RttSource(std::istream& in, std::uint64_t memory) : in_(in), memory_(memory) {}

  // The bytes [offset, offset + count), or as many of them as there are; valid until the next call.
  // Requires: no offset is below one before.
  [[nodiscard]] std::span<const std::byte> at(std::uint64_t offset, std::size_t count);

  // How many rows the end of the file says there are, where the stream can be asked and the file is not too small for
  // so many; else 0. A hint: nothing was checked but the header. To be called first.
  [[nodiscard]] std::uint64_t rows_at_end();

  // True when the stream failed other than by ending.
  [[nodiscard]] bool failed() const;

  struct Chunk {
    ChunkHeader header;
    std::span<const std::byte> contents;  // unpacked; valid until the next call
  };
  // The chunk at `offset`; kUnsupported for one that is too large, nothing where its header, or what it announces, is
  // not there whole.
  [[nodiscard]] Result<std::optional<Chunk>> read_chunk(std::uint64_t offset);

 private:
  // Whether the stream is known to.
  [[nodiscard]] bool ends_before(std::uint64_t offset);

  std::istream& in_;
  std::uint64_t memory_;
  Column<std::byte> bytes_;
  std::size_t first_ = 0;   // in bytes_: what was asked for last begins here
  std::uint64_t base_ = 0;  // its offset in the stream
  Column<std::byte> unpacked_;
  Decompressor decompressor_;
};

// What RttLimits allow, in bytes.
[[nodiscard]] std::uint64_t memory_within(RttLimits limits);

// What did not fit at `offset`.
[[nodiscard]] Error too_large_for(std::uint64_t memory, std::uint64_t offset);

// "byte 1234", or what comes nearest to it: a place in the contents of the chunk at `offset`.
[[nodiscard]] Error error_in(const ChunkHeader& header, std::uint64_t offset, std::size_t at,
                             std::string_view problem, ErrorCode code = ErrorCode::kMalformed);

}  // namespace ringtail::inline v1
