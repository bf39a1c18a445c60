// format/rtt_bytes.h
//
// The smallest pieces of an .rtt chunk's contents, written and read: numbers, names, fixed words.
//
// Shape    varint: LEB128, seven bits a byte, the lowest first, at most ten bytes. zigzag: a varint of 2n or -2n-1.
//          fixed: little-endian. name: a varint of its length, its bytes.
// Errors   A reader that finds what may not be there keeps the first problem; from then on it reads zeros and empty
//          names from an empty rest. So a caller looks at ok() where it is about to use what was read.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "ringtail/base/result.h"
#include "ringtail/trace/column.h"

namespace ringtail::inline v1 {

static_assert(std::endian::native == std::endian::little, "fixed words are copied as they are");

class ByteWriter {
 public:
  void clear() noexcept { bytes_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] std::span<std::byte> bytes() noexcept { return bytes_; }

  // Room for `count` more bytes, not set yet. Valid until the next call.
  std::byte* grow(std::size_t count) {
    const std::size_t before = bytes_.size();
    bytes_.resize(before + count);
    return bytes_.data() + before;
  }
  void shrink_to(std::size_t size) { bytes_.resize(size); }

  template <class T>
  void fixed(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(grow(sizeof(T)), &value, sizeof(T));
  }
  void varint(std::uint64_t value) {
    std::byte text[10];
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7U) text[count++] = static_cast<std::byte>(value | 0x80U);
    text[count++] = static_cast<std::byte>(value);
    append({text, count});
  }
  void zigzag(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    varint((bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void name(std::string_view text) {
    varint(text.size());
    append(std::as_bytes(std::span(text)));
  }
  void append(std::span<const std::byte> bytes) {
    if (!bytes.empty()) std::memcpy(grow(bytes.size()), bytes.data(), bytes.size());
  }

 private:
  Column<std::byte> bytes_;
};

// What is wrong within a chunk's contents: `expected ..., found ...`, and where.
struct ContentProblem {
  std::size_t at = 0;
  std::string text;
  ErrorCode code = ErrorCode::kMalformed;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const noexcept { return !problem_; }
  [[nodiscard]] const std::optional<ContentProblem>& problem() const noexcept { return problem_; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }

  std::uint64_t varint();
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>((value >> 1U) ^ (~(value & 1U) + 1));
  }
  // A varint of at most `most`; 0 and a problem with another. `what` is a noun in the plural: "names".
  std::uint64_t count(std::uint64_t most, std::string_view what);
  std::string_view name();
  // The next `size` bytes; empty, and a problem, where there are fewer.
  std::span<const std::byte> take(std::size_t size, std::string_view what);
  template <class T>
  T fixed(std::string_view what) {
    T value{};
    const std::span<const std::byte> bytes = take(sizeof(T), what);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  // A problem unless everything was read.
  void end();

  // Keeps the first problem. `at` is where what was found begins.
  void fail(std::size_t at, std::string_view expected, std::string_view found,
            ErrorCode code = ErrorCode::kMalformed);

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::optional<ContentProblem> problem_;
};

}  // namespace ringtail::inline v1
