// Any command line, with any standard input: the program ends with one of its exit codes, says what is wrong on one
// printable line, and prints nothing that a terminal would obey.
//
// Shape    One argument a line, then an empty line and the standard input.
// Files    None is written: openat, with which the tool makes every file, makes none here. None is read but what lies
//          in the working directory and /dev/null; other paths are not tried.
// Work     `demo` and `bench` get --help, behind the check of their arguments, so that they do not begin.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/fuzz/law.h"
#include "tests/support/json_syntax.h"
#include "tools/ringtail/command.h"
#include "tools/ringtail/commands.h"
#include "tools/ringtail/dispatch.h"
#include "tools/ringtail/printable.h"

// As the C library's, but that no file is made; so there is never a mode to pass on.
extern "C" int openat(int folder, const char* path, int flags, ...) {
  if ((flags & O_CREAT) == 0) return static_cast<int>(syscall(SYS_openat, folder, path, flags));
  errno = EROFS;
  return -1;
}

namespace ringtail::cli {
namespace {

using fuzz::require;

struct Input {
  Arguments arguments;
  std::string standard_input;
};

Input input_of(std::string_view text) {
  Input input;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) break;
    input.arguments.emplace_back(line.substr(0, line.find('\0')));  // where the system ends an argument
  }
  input.standard_input = text;
  return input;
}

// A path to another folder. "1/8" is none that there is.
bool is_path(const std::string& argument) {
  if (argument == "/dev/null") return false;
  for (std::size_t at = argument.find('/'); at != std::string::npos; at = argument.find('/', at + 1)) {
    const bool is_ratio = at + 1 < argument.size() && std::isdigit(static_cast<unsigned char>(argument[at + 1])) != 0;
    if (!is_ratio) return true;
  }
  return false;
}

bool wants(const Arguments& arguments, std::string_view option) {
  return std::ranges::find(arguments, option) != arguments.end();
}

void require_fair(const Input& input, int code, std::string_view out, std::string_view err) {
  const Arguments& arguments = input.arguments;
  require(code == kDone || code == kFailed || code == kUsage || code == kLossy, "the exit code is known");
  require(printable_lines(err) == err, "messages are printable", err);
  const bool converts = !arguments.empty() && arguments.front() == "convert";
  const bool notes = converts && code == kDone;  // one line each for what its format cannot say of the trace
  require(err.empty() || err.starts_with("ringtail: "), "a message says whose it is", err);
  require(err.empty() || notes || err.find('\n') == err.size() - 1, "a message is one line", err);
  require(code != kUsage || (!err.empty() && out.empty()), "a wrong command line is explained, and nothing done",
          err);
  require(code != kDone || err.empty() || notes, "success needs no message", err);
  const bool found_wrong = code == kFailed && wants(arguments, "check") && !out.empty();
  require(code != kFailed || found_wrong || !err.empty(), "a failure is explained", out);
  // What convert writes is its format's, not for terminals.
  if (!converts) require(printable_lines(out) == out, "what is printed is printable", out);
  const bool reports = wants(arguments, "analyze") || wants(arguments, "check");
  const bool is_help = out.find("\nUsage: ringtail ") != std::string_view::npos;  // no line of JSON begins so
  const bool is_version = wants(arguments, "--version");
  const bool as_json = reports && wants(arguments, "--format=json") && !is_help && !is_version && !out.empty();
  require(!as_json || is_json(out), "a report for programs is JSON", out);
}

}  // namespace
}  // namespace ringtail::cli

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringtail::cli;
  Input input = input_of({reinterpret_cast<const char*>(data), size});
  if (std::ranges::any_of(input.arguments, is_path)) return -1;  // not worth keeping
  const bool works = !input.arguments.empty() && (input.arguments[0] == "demo" || input.arguments[0] == "bench");
  if (works) input.arguments.insert(input.arguments.begin() + 1, "--help");

  std::istringstream in(input.standard_input);
  std::ostringstream out;
  std::ostringstream err;
  Streams io{in, out, err};
  const int code = dispatch(kCommands, input.arguments, io);
  require_fair(input, code, out.view(), err.view());
  return 0;
}
