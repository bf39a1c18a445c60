// Any bytes as a damaged .rtt file: what is salvaged is a trace like others, and all of a file that is
// not damaged is.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "ringtail/format/json.h"
#include "ringtail/format/rtt.h"
#include "tests/fuzz/law.h"
#include "tests/fuzz/rtt_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringtail;
  using namespace ringtail::fuzz;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Result<Trace> whole = read_text(text);
  std::istringstream in(text);
  const Result<RttSalvage> salvage = recover_rtt(in, kLimits);
  if (!salvage.ok()) {
    require(!whole.ok(), "what can be read can be recovered", salvage.error().message);
    return 0;
  }
  const RttSalvage& found = salvage.value();
  require(found.bytes_skipped <= size, "no more is skipped than there is");
  require(found.chunks_read > 0, "nothing is salvaged of nothing");
  require(found.finished || !found.spans_lost_is_exact, "who does not know the end does not know what is missing");
  // Without its end a file reads as one that grows, though an end may stand behind a header that announces too much.
  if (whole.ok() && whole.value().unfinished() == nullptr) {
    require(found.finished, "a whole file has an end");
    require(found.chunks_damaged == 0 && found.chunks_missing == 0 && found.bytes_skipped == 0,
            "a whole file has no damage");
    require(found.spans_lost == 0, "a whole file has lost nothing");
    require(found.trace == whole.value(), "recovering a whole file is reading it");
  }
  require(rtt_text(found.trace).ok(), "what was salvaged can be written");
  return 0;
}
