// format/utf8.h
//
// What UTF-8 is: the Unicode Standard's table 3-7, so no overlong forms, no surrogates, nothing past U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ringtail::inline v1 {

// The first character of a text, or the bytes that stand where one should be.
struct Utf8Step {
  std::size_t bytes = 0;  // when not valid: the longest start of a character, at least 1
  bool valid = false;
};

// Requires: !text.empty().
[[nodiscard]] Utf8Step first_character(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

// Appends `text` with each invalid step as U+FFFD.
void append_utf8(std::string& out, std::string_view text);

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace ringtail::inline v1
