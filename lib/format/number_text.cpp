#include "format/number_text.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>

namespace ringtail::inline v1 {
namespace {

constexpr int kMostDigits = 17;   // of a shortest double
constexpr int kPointWithin = 16;  // Ryu's "pretty" layout: beyond it an exponent is shorter to read
constexpr int kMostZeros = 4;     // after "0."

// A double's shortest digits d[0]d[1]... without a point, and the power of ten that d[0] counts.
struct Digits {
  char text[kMostDigits];
  int count = 0;
  int exponent = 0;
};

// Requires: value is finite and above zero.
Digits shortest_digits(double value) {
  char text[32];  // d.dddddddddddddddde-xxx
  const char* end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  Digits digits;
  const char* at = text;
  for (; *at != 'e'; ++at) {
    if (*at != '.') digits.text[digits.count++] = *at;
  }
  at += at[1] == '+' ? 2 : 1;  // from_chars takes a minus, not a plus
  std::from_chars(at, end, digits.exponent);
  return digits;
}

char* put(char* at, const char* text, std::size_t count) {
  std::memcpy(at, text, count);
  return at + count;
}

char* put_zeros(char* at, std::size_t count) {
  std::memset(at, '0', count);
  return at + count;
}

// A value of at most 15 digits, 3 of them behind the point, as whole nanoseconds in microseconds mostly are; null
// where it is none. Two numbers of 15 digits are never the same double, so no other of so few digits is this one.
// Requires: value is finite and above zero.
char* write_thousandths(char* at, double value) {
  constexpr double kMost = 1e11;
  if (value > kMost) return nullptr;
  const double nearest = value * 1e3 + 0.5;
  const auto thousandths = static_cast<std::uint64_t>(nearest);
  if (thousandths == 0 || static_cast<double>(thousandths) / 1e3 != value) return nullptr;
  at = write_unsigned(at, thousandths / 1000);
  const auto rest = static_cast<unsigned>(thousandths % 1000);
  *at++ = '.';
  *at++ = static_cast<char>('0' + rest / 100);
  if (rest % 100 == 0) return at;
  *at++ = static_cast<char>('0' + rest / 10 % 10);
  if (rest % 10 == 0) return at;
  *at++ = static_cast<char>('0' + rest % 10);
  return at;
}

// True when a number that from_chars put out of range is too large rather than too small.
bool is_huge(std::string_view number) {
  const std::size_t e = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, e);
  std::int64_t exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view text = number.substr(e + 1);
    const bool negative = text.front() == '-';
    if (negative || text.front() == '+') text.remove_prefix(1);
    const bool overflow =
        std::from_chars(text.data(), text.data() + text.size(), exponent).ec == std::errc::result_out_of_range;
    if (overflow) return !negative;
    if (negative) exponent = -exponent;
  }
  // 10^k <= |number| < 10^(k+1), where k counts from the first digit that is not zero.
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return false;
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const auto k = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) - (first < point ? 1 : 0);
  return exponent + k > 0;
}

}  // namespace

void append_integer(std::string& out, std::uint64_t value) {
  char text[kMostIntegerBytes];
  out.append(text, write_unsigned(text, value));
}

void append_integer(std::string& out, std::int64_t value) {
  char text[kMostIntegerBytes];
  out.append(text, write_signed(text, value));
}

void append_double(std::string& out, double value) {
  char text[kMostDoubleBytes];
  out.append(text, write_double(text, value));
}

char* write_double(char* at, double value) {
  assert(std::isfinite(value));
  constexpr double kLeastFixed = 1e-4;
  constexpr double kMostFixed = 1e15;
  if (std::signbit(value)) *at++ = '-';
  value = std::abs(value);
  if (value == 0.0) return put(at, "0.0", 3);
  if (char* const end = write_thousandths(at, value)) return end;
  if (value >= kLeastFixed && value < kMostFixed) {
    char* const end = std::to_chars(at, at + kMostDoubleBytes - 3, value, std::chars_format::fixed).ptr;
    return std::find(at, end, '.') != end ? end : put(end, ".0", 2);
  }
  const Digits digits = shortest_digits(value);
  const auto count = static_cast<std::size_t>(digits.count);
  const int point = digits.exponent + 1;  // digits before the decimal point
  if (point > 0 && point <= kPointWithin) {
    const auto before = static_cast<std::size_t>(point);
    if (count <= before) return put(put_zeros(put(at, digits.text, count), before - count), ".0", 2);
    at = put(put(at, digits.text, before), ".", 1);
    return put(at, digits.text + before, count - before);
  }
  if (point <= 0 && point >= -kMostZeros) {
    return put(put_zeros(put(at, "0.", 2), static_cast<std::size_t>(-point)), digits.text, count);
  }
  *at++ = digits.text[0];
  if (count > 1) at = put(put(at, ".", 1), digits.text + 1, count - 1);
  *at++ = 'e';
  return write_signed(at, digits.exponent);
}

std::optional<double> double_of(std::string_view number) {
  double value = 0.0;
  const std::errc error = std::from_chars(number.data(), number.data() + number.size(), value).ec;
  if (error == std::errc::result_out_of_range) {
    if (is_huge(number)) return std::nullopt;
    return number.front() == '-' ? -0.0 : 0.0;
  }
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace ringtail::inline v1
