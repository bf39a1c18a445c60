// tests/fuzz/trace_of_bytes.h
//
// A trace that a fuzzer's bytes spell: any names, numbers and durations, also those that no format can say.
//
// Shape    The bytes say first what the trace knows beside its rows, then a row after the other until they end. When
//          they are used up every further number is 0. A changed byte changes a fact, not the meaning of all others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ringtail/trace/trace.h"

namespace ringtail::fuzz {

// Its ids are of its tables; thread indices may lie outside its table of threads.
[[nodiscard]] Trace trace_of(std::span<const std::uint8_t> bytes);

}  // namespace ringtail::fuzz
