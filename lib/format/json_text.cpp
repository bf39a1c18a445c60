#include "format/json_text.h"

#include <charconv>
#include <cmath>
#include <cstddef>

namespace ringtail {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

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

// What the first bytes of a text are.
struct Piece {
  std::size_t bytes = 1;
  bool valid = false;
};

// The character at the front, or how much of the text to replace by one U+FFFD (Unicode 15, table 3-7 and
// "maximal subpart"). Requires: text is not empty.
Piece next_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true};
  std::size_t length = 0;
  unsigned char low = 0x80;  // bounds of the second byte: no overlong form, no surrogate, nothing past U+10FFFF
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (std::size_t at = 1; at < length; ++at) {
    if (at == text.size() || byte(at) < low || byte(at) > high) return {at, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code >= 0x20) {
    out += c;
    return;
  }
  out.append("\\u00") += kHex[code >> 4U];
  out += kHex[code & 0xFU];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const Piece piece = next_character(text);
    if (!piece.valid) {
      out += "\xEF\xBF\xBD";
    } else if (piece.bytes == 1) {
      append_ascii(out, text.front());
    } else {
      out += text.substr(0, piece.bytes);
    }
    text.remove_prefix(piece.bytes);
  }
  out += '"';
}

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

}  // namespace ringtail
