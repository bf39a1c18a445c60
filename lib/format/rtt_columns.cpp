#include "format/rtt_columns.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

namespace ringtail::inline v1 {
namespace {

constexpr std::uint64_t kDifferences = 0x80;
constexpr unsigned kMostWidth = 64;
constexpr std::size_t kWord = sizeof(std::uint64_t);

std::size_t packed_bytes(std::size_t count, unsigned width) noexcept { return (count * width + 7) / 8; }

// Adds values[i] - base, `width` bits each.
void pack(ByteWriter& out, std::span<const std::uint64_t> values, std::uint64_t base, unsigned width) {
  if (width == 0) return;
  const std::size_t size = out.size() + packed_bytes(values.size(), width);
  std::byte* at = out.grow(packed_bytes(values.size(), width) + kWord);
  std::uint64_t word = 0;
  unsigned used = 0;
  for (const std::uint64_t value : values) {
    const std::uint64_t bits = value - base;
    word |= bits << used;
    used += width;
    if (used < 64) continue;
    std::memcpy(at, &word, kWord);
    at += kWord;
    used -= 64;
    word = used == 0 ? 0 : bits >> (width - used);
  }
  std::memcpy(at, &word, kWord);
  out.shrink_to(size);
}

std::uint64_t load_word(const std::byte* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, kWord);
  return word;
}

// Requires: width > 0, and kWord + 1 more bytes may be read behind those of the values.
void unpack(const std::byte* packed, std::span<std::uint64_t> values, unsigned width) noexcept {
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - width);
  std::size_t bit = 0;
  if (width <= 57) {  // with at most seven bits before it, a value is in one word
    for (std::uint64_t& value : values) {
      value = (load_word(packed + (bit >> 3U)) >> (bit & 7U)) & mask;
      bit += width;
    }
  } else {
    for (std::uint64_t& value : values) {
      const std::byte* const at = packed + (bit >> 3U);
      const std::uint64_t high = static_cast<std::uint64_t>(at[kWord]) << 1U;
      value = ((load_word(at) >> (bit & 7U)) | (high << (63 - (bit & 7U)))) & mask;
      bit += width;
    }
  }
}

void write_block(ByteWriter& out, std::span<const std::uint64_t> values) {
  const auto signed_of = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  std::uint64_t differences[kBlockValues];
  std::int64_t least = signed_of(values[0]);
  std::int64_t most = least;
  std::int64_t least_step = std::numeric_limits<std::int64_t>::max();
  std::int64_t most_step = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 1; i < values.size(); ++i) {
    least = std::min(least, signed_of(values[i]));
    most = std::max(most, signed_of(values[i]));
    differences[i] = values[i] - values[i - 1];
    least_step = std::min(least_step, signed_of(differences[i]));
    most_step = std::max(most_step, signed_of(differences[i]));
  }
  const auto width_between = [](std::int64_t low, std::int64_t high) {
    return static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low)));
  };
  const unsigned width = width_between(least, most);
  const unsigned step_width = values.size() > 1 ? width_between(least_step, most_step) : kMostWidth;
  // A base of differences is one byte more at least, and must pay.
  if (packed_bytes(values.size(), width) <= packed_bytes(values.size() - 1, step_width) + 1) {
    out.fixed(static_cast<std::uint8_t>(width));
    out.zigzag(least);
    pack(out, values, static_cast<std::uint64_t>(least), width);
  } else {
    out.fixed(static_cast<std::uint8_t>(step_width | kDifferences));
    out.zigzag(signed_of(values[0]));
    out.zigzag(least_step);
    pack(out, {differences + 1, values.size() - 1}, static_cast<std::uint64_t>(least_step), step_width);
  }
}

void read_block(ByteReader& in, std::span<std::uint64_t> values) {
  const std::size_t begin = in.at();
  const auto first = in.fixed<std::uint8_t>("byte of a block's width");
  const bool differences = (first & kDifferences) != 0;
  const unsigned width = first & 0x7FU;
  if (width > kMostWidth) return in.fail(begin, "a width of at most 64 bits", std::to_string(width));
  const auto base = static_cast<std::uint64_t>(in.zigzag());
  const std::uint64_t step = differences ? static_cast<std::uint64_t>(in.zigzag()) : 0;
  const std::span<std::uint64_t> packed = values.subspan(differences ? 1 : 0);
  const std::span<const std::byte> bytes = in.take(packed_bytes(packed.size(), width), "bytes of values");
  if (!in.ok()) return;
  if (width == 0) {
    std::ranges::fill(packed, 0);
  } else if (in.left() > kWord) {
    unpack(bytes.data(), packed, width);
  } else {  // the last block of the chunk: nothing to read behind it
    std::byte copy[kBlockValues * kWord + kWord + 1] = {};
    std::memcpy(copy, bytes.data(), bytes.size());
    unpack(copy, packed, width);
  }
  if (!differences) {
    for (std::uint64_t& value : values) value += base;
    return;
  }
  std::uint64_t before = values[0] = base;
  for (std::uint64_t& value : packed) before = value += before + step;
}

}  // namespace

void write_column(ByteWriter& out, std::span<const std::uint64_t> values) {
  for (std::size_t first = 0; first < values.size(); first += kBlockValues) {
    write_block(out, values.subspan(first, std::min(kBlockValues, values.size() - first)));
  }
}

void read_column(ByteReader& in, std::span<std::uint64_t> values) {
  for (std::size_t first = 0; first < values.size() && in.ok(); first += kBlockValues) {
    read_block(in, values.subspan(first, std::min(kBlockValues, values.size() - first)));
  }
}

void read_column(ByteReader& in, std::span<std::uint64_t> values, std::uint64_t most, std::string_view what) {
  const std::size_t begin = in.at();
  read_column(in, values);
  if (!in.ok() || values.empty()) return;
  const std::uint64_t largest = std::ranges::max(values);
  if (largest <= most) return;
  std::string expected(what);
  in.fail(begin, expected.append(" of at most ").append(std::to_string(most)), std::to_string(largest));
}

}  // namespace ringtail::inline v1
