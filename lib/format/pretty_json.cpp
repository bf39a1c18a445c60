#include "format/pretty_json.h"

#include "format/number_text.h"
#include "format/utf8.h"

namespace ringtail {
namespace {

constexpr bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

void append_escaped(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\r':
      out += "\\r";
      return;
    case 0x7F:
      out += c;
      return;
    default:
      break;
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
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
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
  static constexpr std::string_view kSpaces = "\n                                ";
  if (!empty_) out_ += ',';
  empty_ = false;
  const std::size_t bytes = 1 + 2 * depth_;
  out_.append(kSpaces.data(), bytes < kSpaces.size() ? bytes : kSpaces.size());
  if (bytes > kSpaces.size()) out_.append(bytes - kSpaces.size(), ' ');
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

}  // namespace ringtail
