// Any text as a JSON trace: all readings of it agree, an error is one line that says where, and what was read
// survives writing and reading.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "format/canonical_reader.h"
#include "format/json_reader.h"
#include "ringtail/format/json.h"
#include "tests/fuzz/law.h"
#include "tests/support/same_numbering.h"

namespace ringtail::inline v1 {
namespace {

using fuzz::broken;
using fuzz::require;
using fuzz::require_place;

Result<Trace> read_generally(std::string_view text, std::size_t block_bytes) {
  std::istringstream in{std::string(text)};
  return read_json_in_blocks(in, block_bytes);
}

std::string shown(const Result<Trace>& read) { return read.ok() ? to_json(read.value()) : read.error().message; }

bool same_outcome(const Result<Trace>& a, const Result<Trace>& b) {
  if (a.ok() && b.ok()) return same_numbering(a.value(), b.value());
  return a.ok() == b.ok() && a.error().message == b.error().message && a.error().code == b.error().code;
}

void require_same(const Result<Trace>& found, const Result<Trace>& expected, std::string_view law) {
  if (!same_outcome(found, expected)) broken(law, shown(found) + "\nexpected: " + shown(expected));
}

void require_round_trip(const Trace& trace) {
  const std::string written = to_json(trace);
  require(!written.empty(), "what was read can be written");
  const Result<Trace> again = read_json(written);
  if (!again.ok()) broken("what was written can be read", again.error().message);
  require(again.value() == trace, "reading what was written gives the same trace", written);
  require(to_json(again.value()) == written, "writing it again gives the same text", written);
}

}  // namespace
}  // namespace ringtail::inline v1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringtail;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t draw = std::hash<std::string_view>{}(text);  // sizes and cuts that an input always gets again

  const Result<Trace> trace = read_generally(text, size + 1);
  const bool in_pieces = draw % 4 == 0;
  if (in_pieces) require_same(read_generally(text, 1 + draw / 4 % 61), trace, "blocks of any size read the same");

  const std::size_t parts = draw % 32 == 1 ? 2 + draw / 32 % 3 : 1;  // a thread each, so not often
  const std::size_t block_bytes = draw % 2 == 0 ? 700 : std::size_t{64} * 1024;
  const std::optional<Trace> canonical =
      read_canonical(JsonSource(text), {.parts = parts, .block_bytes = block_bytes});
  if (canonical) require_same(*canonical, trace, "the canonical reader reads as the general one");

  if (trace.ok()) {
    require_round_trip(trace.value());
  } else {
    require_place(trace.error().message, size);
  }
  return 0;
}
