// tools/ringtail/printable.h
//
// Text of unknown origin as it may stand in a terminal: names in a trace, names of files.
//
// Control characters could move the cursor or change the terminal, and marks that switch the direction of
// text could show a name as another one; both are spelled out instead. So are bytes that are no UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringtail::cli {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: what stands there is no UTF-8
};

// The code point that `text` begins with. Overlong forms, surrogates and values past U+10FFFF are no UTF-8.
// Requires: !text.empty().
[[nodiscard]] CodePoint first_code_point(std::string_view text);

// False for C0, DEL, C1, what switches the direction of text, what cannot be seen (zero width, soft hyphen, tags),
// line separators other than newline, and what is no UTF-8.
[[nodiscard]] bool is_printable(CodePoint point);

// What is not is_printable as \xNN per byte, the rest as it is.
[[nodiscard]] std::string printable(std::string_view text);

// The same, but newlines stay: for a whole text rather than a name.
[[nodiscard]] std::string printable_lines(std::string_view text);

// Columns that printable text takes in a terminal: East Asian wide characters and emoji take two, combining
// marks none.
[[nodiscard]] std::size_t display_width(std::string_view text);

// The text, or as much of it as fits with "..." at its end.
// Requires: width >= 3.
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t width);

}  // namespace ringtail::cli
