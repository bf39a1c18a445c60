// Any bytes as an .rtt file: it is read within its memory or refused with a place, and what was read survives writing
// and reading. Built twice: checksums stop nearly every changed byte, so they are not compared in one of the builds.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "ringtail/format/rtt.h"
#include "tests/fuzz/law.h"
#include "tests/fuzz/rtt_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringtail;
  using namespace ringtail::fuzz;
  const Result<Trace> read = read_text(std::string(reinterpret_cast<const char*>(data), size));
  if (!read.ok()) {
    require_place(read.error().message, size);
    return 0;
  }
  const Result<std::string> written = rtt_text(read.value());
  if (!written.ok()) broken("what was read can be written", written.error().message);
  const Result<Trace> again = read_text(written.value());
  if (!again.ok()) broken("what was written can be read", again.error().message);
  require(again.value() == read.value(), "reading what was written gives the same trace");
  return 0;
}
