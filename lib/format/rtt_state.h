// format/rtt_state.h
//
// The contents of a state chunk: everything that a trace says besides its rows and its total duration.
//
// Shape    The names of ops and devices, then the lists, each column by column (RTT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "format/rtt_bytes.h"
#include "format/rtt_rows.h"
#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// Entries that a list of a state may have whose chunk stores so many bytes. Uncompressed every state keeps to it: a
// list has at least two columns, whose blocks of 256 take at least two bytes.
[[nodiscard]] constexpr std::uint64_t most_entries_in(std::uint64_t stored_bytes) noexcept {
  return 4'096 + 64 * stored_bytes;
}

// The entries of a state's longest list.
[[nodiscard]] std::uint64_t longest_list_of(const Trace& state) noexcept;

class StateEncoder {
 public:
  // kUnsupported for a name above the limit.
  [[nodiscard]] std::optional<Error> encode(const Trace& trace, ByteWriter& out);

 private:
  LocalIds ops_;
  LocalIds devices_;
};

// A state as it stands in its chunk: the ids in it are numbers of its own names.
struct DecodedState {
  Trace state;
  std::uint64_t bytes = 0;            // that it takes, its names aside
  std::vector<std::string_view> ops;  // bytes of the contents
  std::vector<std::string_view> devices;
};

// Takes what the contents, of a chunk that stores so many bytes, say into `decoded`, an empty one. What would take
// more than `memory` bytes, with its names in tables, is a problem before it is taken.
[[nodiscard]] std::optional<ContentProblem> decode_state(std::span<const std::byte> contents,
                                                         std::uint64_t stored_bytes, std::uint64_t memory,
                                                         DecodedState& decoded);

// Makes `trace` say what `state` does, whose names have the given ids there.
void take_state(Trace&& state, std::span<const std::uint32_t> ops, std::span<const std::uint32_t> devices,
                Trace& trace);

}  // namespace ringtail::inline v1
