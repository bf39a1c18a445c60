#include "format/rtt_bytes.h"

#include <utility>

#include "format/rtt_layout.h"

namespace ringtail::inline v1 {

void ByteReader::fail(std::size_t at, std::string_view expected, std::string_view found, ErrorCode code) {
  if (problem_) return;
  std::string text = "expected ";
  text.append(expected).append(", found ").append(found);
  problem_ = ContentProblem{at, std::move(text), code};
  at_ = bytes_.size();
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  const std::size_t begin = at_;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at_ == bytes_.size()) return fail(begin, "a number", "the end of the chunk"), 0;
    const auto byte = static_cast<std::uint64_t>(bytes_[at_++]);
    if (shift == 63 && byte > 1) break;
    value |= (byte & 0x7FU) << shift;
    if (byte < 0x80) return value;
  }
  return fail(begin, "a number of 64 bits", "more"), 0;
}

std::uint64_t ByteReader::count(std::uint64_t most, std::string_view what) {
  const std::size_t begin = at_;
  const std::uint64_t value = varint();
  if (value <= most) return value;
  std::string expected = "at most " + std::to_string(most) + " ";
  return fail(begin, expected.append(what), std::to_string(value)), 0;
}

std::string_view ByteReader::name() {
  const std::size_t size = static_cast<std::size_t>(count(kMostNameBytes, "bytes in a name"));
  const std::span<const std::byte> bytes = take(size, "bytes of a name");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> ByteReader::take(std::size_t size, std::string_view what) {
  if (size > left()) {
    std::string expected = std::to_string(size) + " ";
    fail(at_, expected.append(what), std::to_string(left()) + " left in the chunk");
    return {};
  }
  at_ += size;
  return bytes_.subspan(at_ - size, size);
}

void ByteReader::end() {
  if (left() != 0) fail(at_, "the end of the chunk", std::to_string(left()) + " more bytes");
}

}  // namespace ringtail::inline v1
