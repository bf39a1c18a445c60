#include "format/number_text.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <system_error>

namespace ringtail {
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

template <class Integer>
void append_decimal(std::string& out, Integer value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
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

void append_integer(std::string& out, std::uint64_t value) { append_decimal(out, value); }
void append_integer(std::string& out, std::int64_t value) { append_decimal(out, value); }

void append_double(std::string& out, double value) {
  assert(std::isfinite(value));
  if (std::signbit(value)) out += '-';
  if (value == 0.0) {
    out += "0.0";
    return;
  }
  const Digits digits = shortest_digits(std::abs(value));
  const auto count = static_cast<std::size_t>(digits.count);
  const int point = digits.exponent + 1;  // digits before the decimal point
  if (point > 0 && point <= kPointWithin) {
    const auto before = static_cast<std::size_t>(point);
    if (count <= before) {
      out.append(digits.text, count).append(before - count, '0').append(".0");
    } else {
      out.append(digits.text, before).append(1, '.').append(digits.text + before, count - before);
    }
  } else if (point <= 0 && point >= -kMostZeros) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits.text, count);
  } else {
    out += digits.text[0];
    if (count > 1) out.append(1, '.').append(digits.text + 1, count - 1);
    out += 'e';
    append_decimal(out, digits.exponent);
  }
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

}  // namespace ringtail
