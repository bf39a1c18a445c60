// format/number_text.h
//
// Numbers as JSON text and back, as serde_json (and the Ryu crate behind it) lays them out.
//
// Shape    Integers in decimal. Doubles: the fewest digits that read back the same, as 12340.0, 12.34 or 0.00001234
//          where the decimal point stands within 16 digits and not more than 4 zeros from them, else 1.234e17, 1e-6.
//          Zero is 0.0 or -0.0.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringtail::inline v1 {

inline constexpr std::size_t kMostIntegerBytes = 20;  // of 64 bits, a sign included
inline constexpr std::size_t kMostDoubleBytes = 32;

// Write at `at`, where there is room for as many bytes, and return the end.
inline char* write_signed(char* at, std::int64_t value) {
  return std::to_chars(at, at + kMostIntegerBytes, value).ptr;
}
inline char* write_unsigned(char* at, std::uint64_t value) {
  if (value < 10) {
    *at = static_cast<char>('0' + value);
    return at + 1;
  }
  return std::to_chars(at, at + kMostIntegerBytes, value).ptr;
}
// Requires: value is finite.
char* write_double(char* at, double value);

void append_integer(std::string& out, std::uint64_t value);
void append_integer(std::string& out, std::int64_t value);

// Requires: value is finite.
void append_double(std::string& out, double value);

// The double nearest to a number in JSON's grammar (ties to even); nothing when it lies beyond the largest
// double. Too small a number gives a denormal or a zero of its sign.
[[nodiscard]] std::optional<double> double_of(std::string_view number);

}  // namespace ringtail::inline v1
