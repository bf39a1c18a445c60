#include "format/pretty_json.h"

#include <algorithm>
#include <cstring>

#include "format/number_text.h"
#include "format/utf8.h"

namespace ringtail::inline v1 {
namespace {

constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

// How many bytes at the front need no escape and no look at UTF-8.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kTops = 0x8080'8080'8080'8080;
  std::size_t at = 0;
  // Eight at a time: a top bit appears for a byte below 0x20, equal to " or \, DEL, or above ASCII. A borrow
  // may mark the byte behind such a one too, which only ends the stride; the loop below looks again.
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    const std::uint64_t quote = (word ^ kOnes * '"') - kOnes;
    const std::uint64_t backslash = (word ^ kOnes * '\\') - kOnes;
    const std::uint64_t special = (word - kOnes * 0x20) | quote | backslash | (word + kOnes) | word;
    if ((special & kTops) != 0) break;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

void append_escaped(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\t': out += "\\t"; return;
    case '\n': out += "\\n"; return;
    case '\f': out += "\\f"; return;
    case '\r': out += "\\r"; return;
    case 0x7F: out += c; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[byte >> 4U];
  out += kHex[byte & 0xFU];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_prefix(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const Utf8Step step = first_character(text);
    if (!step.valid) {
      out += kReplacementCharacter;
    } else if (step.bytes == 1) {
      append_escaped(out, text[0]);
    } else {
      out += text.substr(0, step.bytes);
    }
    text.remove_prefix(step.bytes);
  }
  out += '"';
}

void PrettyJson::next_line() {
  static constexpr std::string_view kBreak = ",\n                                ";
  const std::size_t first = empty_ ? 1 : 0;  // no comma before the first element
  empty_ = false;
  const std::size_t spaces = 2 * depth_;
  const std::size_t end = std::min(2 + spaces, kBreak.size());
  out_.append(kBreak.data() + first, end - first);
  if (2 + spaces > end) out_.append(2 + spaces - end, ' ');
}

void PrettyJson::before_value() {
  if (after_key_) {
    after_key_ = false;
  } else {
    next_line();
  }
}

void PrettyJson::open(char bracket) {
  before_value();
  out_ += bracket;
  ++depth_;
  empty_ = true;
}

void PrettyJson::close(char bracket) {
  --depth_;
  if (!empty_) {
    empty_ = true;  // no comma before the bracket
    next_line();
  }
  out_ += bracket;
  empty_ = false;
}

void PrettyJson::key(std::string_view name) {
  next_line();
  append_json_string(out_, name);
  out_ += ": ";
  after_key_ = true;
}

void PrettyJson::value(std::uint64_t number) {
  before_value();
  append_integer(out_, number);
}

void PrettyJson::value(std::int64_t number) {
  before_value();
  append_integer(out_, number);
}

void PrettyJson::value(double number) {
  before_value();
  append_double(out_, number);
}

void PrettyJson::value(std::string_view text) {
  before_value();
  append_json_string(out_, text);
}

void PrettyJson::value(bool truth) {
  before_value();
  out_ += truth ? "true" : "false";
}

void PrettyJson::null() {
  before_value();
  out_ += "null";
}

}  // namespace ringtail::inline v1
