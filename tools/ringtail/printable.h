// tools/ringtail/printable.h
//
// Text of unknown origin as it may stand in a terminal: names in a trace, names of files.
//
// Control characters could move the cursor or change the terminal, and marks that switch the direction of
// text could show a name as another one; both are spelled out instead. So are bytes that are no UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ringtail::cli {

// C0, DEL, C1, direction marks, line separators and bytes that are no UTF-8 as \xNN per byte; the rest as is.
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
