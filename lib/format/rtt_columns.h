// format/rtt_columns.h
//
// Columns of 64-bit integers in few bytes: blocks of 256 values, each coded as whichever of two is smaller.
//
// Shape    A block is a byte with the width of its values in bits (0 to 64), the eighth bit set for differences;
//          a zigzag, its base; with differences another, the least difference; then the values, packed.
//            plain         base + value                          (base: the least of the block)
//            differences   base, and each next one the one before + least difference + value
//          All is modulo 2^64, with values compared as signed numbers. Packed: value i is the bits from i * width on,
//          the lowest first, in as many bytes as it takes.
// Cost     About 3 ns a value to write, 1.5 to read (benchmarks/README.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "format/rtt_bytes.h"

namespace ringtail::inline v1 {

inline constexpr std::size_t kBlockValues = 256;

void write_column(ByteWriter& out, std::span<const std::uint64_t> values);

// Fills `values`; what it holds after a problem is not said. The other: each at most `most`, else a problem;
// `what` is a noun in the plural.
void read_column(ByteReader& in, std::span<std::uint64_t> values);
void read_column(ByteReader& in, std::span<std::uint64_t> values, std::uint64_t most, std::string_view what);

// How many values a column of so many bytes may have: what a number of values is compared with before there is
// memory for them.
[[nodiscard]] constexpr std::uint64_t most_values_in(std::size_t bytes) noexcept {
  return std::uint64_t{bytes} / 2 * kBlockValues;
}

}  // namespace ringtail::inline v1
