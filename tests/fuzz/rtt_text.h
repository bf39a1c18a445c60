// tests/fuzz/rtt_text.h
//
// A whole .rtt file in memory.
#pragma once

#include <cstddef>
#include <span>
#include <sstream>
#include <string>

#include "ringtail/format/rtt.h"

namespace ringtail::fuzz {

inline constexpr RttLimits kLimits{.max_memory = std::uint64_t{64} << 20U};  // a lying length must not take more

[[nodiscard]] inline Result<Trace> read_text(const std::string& text) {
  std::istringstream in(text);
  return read_rtt(in, kLimits);
}

[[nodiscard]] inline Result<std::string> rtt_text(const Trace& trace, bool compress = false) {
  std::string text;
  const auto append = [&](std::span<const std::byte> chunk) -> Status {
    text.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
    return Done{};
  };
  RttWriter writer(append, {.compress = compress});
  if (const Status rows = writer.append(trace); !rows.ok()) return rows.error();
  if (const Status end = writer.finish(trace); !end.ok()) return end.error();
  return text;
}

}  // namespace ringtail::fuzz
