// tools/ringtail/terminal.h
//
// What a text report may assume about where it goes.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace ringtail::cli {

struct Terminal {
  bool present = false;    // the stream goes to a terminal
  std::size_t width = 80;  // columns, at least 60
  bool colour = false;
};

// Knows streams over an FdBuffer; every other one is no terminal. Width: of the terminal, else of the environment's
// COLUMNS, else 80. Colour: on terminals that are not "dumb", unless NO_COLOR is set to something.
[[nodiscard]] Terminal terminal_of(const std::ostream& out);

enum class Ink { kBold, kDim, kRed, kGreen, kYellow };

// The text with colour around it, or as it is where there is none.
[[nodiscard]] std::string painted(std::string_view text, Ink ink, const Terminal& terminal);

}  // namespace ringtail::cli
