// format/rtt_layout.h
//
// The header of an .rtt chunk, and the limits of what may follow it. RTT.md describes every byte.
//
// Errors   parse_header: `byte 1234: expected ..., found ...`, kUnsupported for a newer version, else kMalformed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ringtail/base/result.h"

namespace ringtail::inline v1 {

// As PNG's: no text begins so, and what changes line ends or cuts the eighth bit is found at once.
inline constexpr std::array<unsigned char, 8> kRttMagic = {0x89, 'R', 'T', 'T', '\r', '\n', 0x1A, '\n'};
inline constexpr std::uint16_t kRttVersion = 1;

inline constexpr std::size_t kChunkHeaderBytes = 56;
inline constexpr std::size_t kEndChunkBytes = kChunkHeaderBytes + 24;  // never compressed
inline constexpr std::uint32_t kMostContentBytes = 64U << 20U;         // of a chunk, unpacked or not
inline constexpr std::uint32_t kMostChunkRows = 64U << 10U;
inline constexpr std::size_t kMostNameBytes = std::size_t{1} << 20U;
inline constexpr std::size_t kMostSignatureWords = std::size_t{64} << 10U;  // ranks and dimensions

// What so many stored bytes may be unpacked to, so that a small file is not the work of a large one.
[[nodiscard]] constexpr std::uint64_t most_unpacked(std::uint64_t stored) noexcept {
  return (std::uint64_t{64} << 10U) + 1'000 * stored;
}

enum class ChunkType : std::uint8_t { kState = 1, kRows = 2, kEnd = 3 };

// "state", "rows", "end".
[[nodiscard]] const char* name_of(ChunkType type) noexcept;

inline constexpr std::uint8_t kCompressed = 1;  // flag: the contents are one frame of zstd
inline constexpr std::uint8_t kOrdered = 2;     // flag of rows: all of the same append() are in (begin, thread) order

struct ChunkHeader {
  ChunkType type = ChunkType::kState;
  std::uint8_t flags = 0;
  std::uint32_t stored_bytes = 0;   // that follow the header
  std::uint32_t content_bytes = 0;  // these unpacked
  std::uint32_t rows = 0;
  std::uint64_t stream = 0;       // the same in all chunks of a file
  std::uint64_t sequence = 0;     // of the chunk in the file, from 0
  std::uint64_t rows_before = 0;  // in chunks before this one
  std::uint32_t stored_crc = 0;

  [[nodiscard]] bool compressed() const noexcept { return (flags & kCompressed) != 0; }
  friend bool operator==(const ChunkHeader&, const ChunkHeader&) = default;
};

[[nodiscard]] std::array<std::byte, kChunkHeaderBytes> header_bytes(const ChunkHeader& header) noexcept;

// Requires: bytes.size() >= kChunkHeaderBytes. `offset` is where they are in the file.
[[nodiscard]] Result<ChunkHeader> parse_header(std::span<const std::byte> bytes, std::uint64_t offset);

// Whether stored bytes are those that the header was made for.
[[nodiscard]] bool stored_crc_matches(const ChunkHeader& header, std::span<const std::byte> stored) noexcept;

}  // namespace ringtail::inline v1
