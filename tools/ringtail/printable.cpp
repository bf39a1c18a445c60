#include "printable.h"

#include <span>

namespace ringtail::cli {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

constexpr Range kUnprintable[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},                          // C0, DEL, C1
    {0xAD, 0xAD},     {0x180E, 0x180E},                      // soft hyphen, vowel separator: nothing to see
    {0x061C, 0x061C}, {0x200B, 0x200F},   {0x2028, 0x202E},  // direction, zero width, line separators
    {0x2060, 0x2069}, {0xFEFF, 0xFEFF},                      // isolates, byte order mark
    {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},                    // annotations, tags
};

// Unicode 15, EastAsianWidth W and F and emoji, in blocks: enough to keep columns straight.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xA960, 0xA97F}, {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

constexpr Range kCombining[] = {
    {0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

bool is_in(std::span<const Range> ranges, std::uint32_t value) {
  for (const Range& range : ranges) {
    if (value >= range.first && value <= range.last) return true;
  }
  return false;
}

std::string spelled_out(std::string_view text, bool keep_newlines) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const std::string_view bytes = text.substr(0, point.bytes == 0 ? 1 : point.bytes);
    text.remove_prefix(bytes.size());
    if (is_printable(point) || (keep_newlines && bytes == "\n")) {
      out += bytes;
      continue;
    }
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xFU]};
    }
  }
  return out;
}

std::size_t width_of(CodePoint point) {
  if (point.bytes <= 1) return 1;
  if (is_in(kCombining, point.value)) return 0;
  return is_in(kWide, point.value) ? 2 : 1;
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[bytes] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, bytes};
}

bool is_printable(CodePoint point) { return point.bytes != 0 && !is_in(kUnprintable, point.value); }

std::string printable(std::string_view text) { return spelled_out(text, false); }

std::string printable_lines(std::string_view text) { return spelled_out(text, true); }

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    width += width_of(point);
    text.remove_prefix(point.bytes == 0 ? 1 : point.bytes);
  }
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::size_t kept = 0;
  std::size_t columns = 0;
  while (true) {
    const CodePoint point = first_code_point(text.substr(kept));
    if (columns + width_of(point) > width - 3) break;
    columns += width_of(point);
    kept += point.bytes == 0 ? 1 : point.bytes;
  }
  return std::string(text.substr(0, kept)) + "...";
}

}  // namespace ringtail::cli
