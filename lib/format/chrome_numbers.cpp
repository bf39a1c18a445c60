#include "format/chrome_numbers.h"

#include <charconv>
#include <cmath>

namespace ringtail::inline v1 {
namespace {

constexpr std::uint64_t kExactInDouble = std::uint64_t{1} << 53U;

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

template <class T>
void append_number(std::string& out, T value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

}  // namespace

void append_json_integer(std::string& out, std::uint64_t value) {
  const bool as_text = value > kExactInDouble;
  if (as_text) out += '"';
  append_number(out, value);
  if (as_text) out += '"';
}

void append_json_integer(std::string& out, std::int64_t value) {
  const bool as_text = magnitude(value) > kExactInDouble;
  if (as_text) out += '"';
  append_number(out, value);
  if (as_text) out += '"';
}

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  append_number(out, value);
}

void append_microseconds(std::string& out, std::uint64_t ns) {
  append_number(out, ns / 1000);
  const std::uint64_t rest = ns % 1000;
  out += '.';
  out += static_cast<char>('0' + rest / 100);
  out += static_cast<char>('0' + rest / 10 % 10);
  out += static_cast<char>('0' + rest % 10);
}

void append_microseconds(std::string& out, Nanoseconds ns) {
  if (ns.count() < 0) out += '-';
  append_microseconds(out, magnitude(ns.count()));
}

}  // namespace ringtail::inline v1
