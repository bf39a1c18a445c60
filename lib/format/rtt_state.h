// format/rtt_state.h
//
// The contents of a state chunk: everything that a trace says besides its rows and its total duration.
//
// Shape    The names of ops and devices, then the lists, each column by column (RTT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "format/rtt_bytes.h"
#include "format/rtt_rows.h"
#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail {

class StateEncoder {
 public:
  // kUnsupported for a name above the limit.
  [[nodiscard]] std::optional<Error> encode(const Trace& trace, ByteWriter& out);

 private:
  LocalIds ops_;
  LocalIds devices_;
};

// Takes what the contents say into `state`, an empty trace, with its ops and devices as ids of `tables`. Lists of more
// than `memory` bytes are a problem.
[[nodiscard]] std::optional<ContentProblem> decode_state(std::span<const std::byte> contents, std::uint64_t memory,
                                                         Trace& tables, Trace& state);

// Makes `trace` say what `state` does.
void take_state(Trace&& state, Trace& trace);

}  // namespace ringtail
