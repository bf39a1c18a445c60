#include "trace_input.h"

#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "ringtail/format/json.h"

namespace ringtail::cli {
namespace {

constexpr int kFirstByteOfRtt = 0x89;  // no text begins so, and one byte can be looked at in a pipe too

bool may_be_rtt(std::istream& in) { return in.peek() == kFirstByteOfRtt; }

// Of a file that is called an .rtt, is not taken for one, and begins with no JSON object either.
std::optional<Error> find_damaged_begin(const std::string& name, std::istream& in) {
  if (!name.ends_with(".rtt") && !name.ends_with(".rtt.part")) return std::nullopt;
  const int first = in.peek();
  const bool may_be_json = first == '{' || std::isspace(first) != 0;
  if (may_be_json || in.bad()) return std::nullopt;
  std::string found = "the end of the file";
  if (!in.eof()) {
    const auto byte = static_cast<char>(first);
    found = ringtail::quoted({&byte, 1}) + "; ringtail recover saves the whole chunks that are left";
  }
  return Error{ErrorCode::kMalformed, "byte 0: expected an .rtt chunk or JSON, found " + found};
}

Result<Trace> load_stream(std::istream& in, const RttLimits& limits) {
  if (!may_be_rtt(in)) return read_json(in);
  Result<Trace> trace = read_rtt(in, limits);
  if (!trace.ok()) return with_option_names(trace.error());
  return trace;
}

}  // namespace

Result<Trace> load_trace(const std::string& name, std::istream& standard_input, const RttLimits& limits) {
  if (name == "-") return load_stream(standard_input, limits);
  std::error_code ignored;  // what cannot be asked cannot be opened either
  const bool regular = std::filesystem::is_regular_file(name, ignored);
  if (!regular && std::filesystem::is_directory(name, ignored)) return read_json_file(name);  // says so
  errno = 0;
  std::ifstream in(name, std::ios::binary);
  if (!in) return Error{ErrorCode::kIo, std::string("expected to open it, found: ") + std::strerror(errno)};
  const bool as_text = regular && !may_be_rtt(in);
  if (as_text) {
    if (auto error = find_damaged_begin(name, in)) return *std::move(error);
  }
  return as_text ? read_json_file(name) : load_stream(in, limits);  // a pipe gives its bytes once
}

Error with_option_names(Error error) {
  constexpr std::string_view kField = "RttLimits::max_memory";
  const std::size_t at = error.message.find(kField);
  if (at != std::string::npos) error.message.replace(at, kField.size(), "--max-memory");
  return error;
}

std::string shown_name(const std::string& name) { return name == "-" ? "standard input" : name; }

void add_memory_option(CommandLine& line, RttLimits& limits) {
  line.bytes("--max-memory", limits.max_memory, 1,
             "that reading .rtt may take; K, M and G are\npowers of 1024. Default: a quarter of the\nmachine's");
}

}  // namespace ringtail::cli
