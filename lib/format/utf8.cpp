#include "format/utf8.h"

namespace ringtail::inline v1 {
namespace {

// What a character with this first byte looks like: its length (0: none has it), the range of its second
// byte.
struct Lead {
  std::size_t bytes;
  unsigned char second_least;
  unsigned char second_most;
};

constexpr Lead lead_of(unsigned char first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xC2) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Step first_character(std::string_view text) noexcept {
  const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
  if (lead.bytes <= 1) return {1, lead.bytes == 1};
  for (std::size_t i = 1; i < lead.bytes; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned char least = i == 1 ? lead.second_least : 0x80;
    const unsigned char most = i == 1 ? lead.second_most : 0xBF;
    if (byte < least || byte > most) return {i, false};
  }
  return {lead.bytes, true};
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Utf8Step step = first_character(text);
    if (!step.valid) return false;
    text.remove_prefix(step.bytes);
  }
  return true;
}

void append_utf8(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = first_character(text);
    out += step.valid ? text.substr(0, step.bytes) : kReplacementCharacter;
    text.remove_prefix(step.bytes);
  }
}

}  // namespace ringtail::inline v1
