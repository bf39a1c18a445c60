#include "trace_input.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "ringtail/format/json.h"

namespace ringtail::cli {

Result<Trace> load_trace(const std::string& name, std::istream& standard_input) {
  if (name == "-") return read_json(standard_input);
  std::error_code ignored;  // what cannot be asked cannot be opened either
  if (std::filesystem::is_directory(name, ignored)) {
    return Error{ErrorCode::kIo, "expected a file, found a directory"};
  }
  errno = 0;
  std::ifstream file(name, std::ios::binary);
  if (!file) {
    return Error{ErrorCode::kIo, std::string("expected to open it, found: ") + std::strerror(errno)};
  }
  return read_json(file);
}

std::string shown_name(const std::string& name) { return name == "-" ? "standard input" : name; }

}  // namespace ringtail::cli
