#include "json_writer.h"

#include <charconv>
#include <cmath>
#include <string>

#include "printable.h"

namespace ringtail::cli {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

std::string escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  const auto append_unit = [&out](std::uint32_t unit) {
    out += {'\\', 'u', kHex[unit >> 12U], kHex[(unit >> 8U) & 0xFU], kHex[(unit >> 4U) & 0xFU], kHex[unit & 0xFU]};
  };
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const std::string_view bytes = text.substr(0, point.bytes == 0 ? 1 : point.bytes);
    text.remove_prefix(bytes.size());
    if (point.bytes == 0) {
      out += kReplacement;
    } else if (bytes == "\"" || bytes == "\\") {
      (out += '\\') += bytes;
    } else if (bytes == "\n") {
      out += "\\n";
    } else if (bytes == "\t") {
      out += "\\t";
    } else if (is_printable(point)) {
      out += bytes;
    } else if (point.value < 0x10000) {
      append_unit(point.value);
    } else {
      append_unit(0xD7C0 + (point.value >> 10U));  // 0xD800 - (0x10000 >> 10)
      append_unit(0xDC00 + (point.value & 0x3FFU));
    }
  }
  return out;
}

}  // namespace

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
  const bool breaks = levels_.back().layout == kLines && !levels_.back().empty;
  levels_.pop_back();
  if (breaks) out_ << '\n' << std::string(2 * levels_.size(), ' ');
  out_ << bracket;
  if (levels_.empty()) out_ << '\n';
}

void JsonWriter::key(std::string_view name) {
  separate();
  out_ << '"' << distinct(escaped(name)) << "\": ";
  after_key_ = true;
}

std::string JsonWriter::distinct(std::string key) {
  auto& times_of = levels_.back().times_of_key;
  const auto [at, is_new] = times_of.try_emplace(key, 1);
  if (is_new) return key;
  std::uint64_t& times = at->second;
  for (;;) {
    std::string next = key + " (" + std::to_string(++times) + ")";
    if (times_of.try_emplace(next, 1).second) return next;
  }
}

void JsonWriter::null() {
  separate();
  out_ << "null";
}

void JsonWriter::value(std::string_view text) {
  separate();
  out_ << '"' << escaped(text) << '"';
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

}  // namespace ringtail::cli
