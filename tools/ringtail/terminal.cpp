#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "fd_buffer.h"

namespace ringtail::cli {
namespace {

constexpr std::size_t kLeastWidth = 60;
constexpr std::size_t kMostWidth = 500;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

}  // namespace

Terminal terminal_of(const std::ostream& out) {
  Terminal terminal;
  std::size_t width = 0;
  if (const auto* buffer = dynamic_cast<const FdBuffer*>(out.rdbuf())) {
    terminal.present = ::isatty(buffer->fd()) == 1;
    winsize size{};
    if (terminal.present && ::ioctl(buffer->fd(), TIOCGWINSZ, &size) == 0) width = size.ws_col;
    if (width == 0) {
      const std::string_view columns = environment("COLUMNS");
      std::from_chars(columns.data(), columns.data() + columns.size(), width);
    }
  }
  if (width != 0) terminal.width = std::clamp(width, kLeastWidth, kMostWidth);
  terminal.colour = terminal.present && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  return terminal;
}

std::string painted(std::string_view text, Ink ink, const Terminal& terminal) {
  if (!terminal.colour || text.empty()) return std::string(text);
  static constexpr const char* kCodes[] = {"1", "2", "31", "32", "33"};
  return std::string("\x1b[") + kCodes[static_cast<std::size_t>(ink)] + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace ringtail::cli
