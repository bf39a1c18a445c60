#include "json_writer.h"

#include <charconv>
#include <cmath>
#include <string>

namespace ringtail::cli {

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  Level& level = levels_.back();
  if (level.layout == kOneLine) {
    if (!level.empty) out_ << ", ";
  } else {
    out_ << (level.empty ? "\n" : ",\n") << std::string(2 * levels_.size(), ' ');
  }
  level.empty = false;
}

void JsonWriter::open(char bracket, Layout layout) {
  separate();
  out_ << bracket;
  if (!levels_.empty() && levels_.back().layout == kOneLine) layout = kOneLine;
  levels_.push_back({layout});
}

void JsonWriter::close(char bracket) {
  const Level level = levels_.back();
  levels_.pop_back();
  if (level.layout == kLines && !level.empty) out_ << '\n' << std::string(2 * levels_.size(), ' ');
  out_ << bracket;
  if (levels_.empty()) out_ << '\n';
}

void JsonWriter::key(std::string_view name) {
  separate();
  write_text(name);
  out_ << ": ";
  after_key_ = true;
}

void JsonWriter::null() {
  separate();
  out_ << "null";
}

void JsonWriter::value(std::string_view text) {
  separate();
  write_text(text);
}

void JsonWriter::value(std::uint64_t number) {
  separate();
  out_ << number;
}

void JsonWriter::value(std::int64_t number) {
  separate();
  out_ << number;
}

void JsonWriter::value(bool truth) {
  separate();
  out_ << (truth ? "true" : "false");
}

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  char digits[32];
  const std::string_view text(
      digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits));
  out_ << text;
  if (text.find_first_of(".e") == std::string_view::npos) out_ << ".0";
}

void JsonWriter::write_text(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto write_escape = [this](unsigned char code) { out_ << "\\u00" << kHex[code >> 4U] << kHex[code & 0xFU]; };
  out_ << '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned char next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == '"' || byte == '\\') {
      out_ << '\\' << text[i];
    } else if (byte == '\n') {
      out_ << "\\n";
    } else if (byte == '\t') {
      out_ << "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      write_escape(byte);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      write_escape(next);  // C1: two bytes of UTF-8
      ++i;
    } else {
      out_ << text[i];
    }
  }
  out_ << '"';
}

}  // namespace ringtail::cli
