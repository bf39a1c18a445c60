// format/json_reader.h
//
// The general reader: any layout, and every error's message. read_json tries the canonical layout before
// (canonical_reader.h).
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string_view>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// In blocks of a size that tests choose, to cut a file at every place. The result, also an error's message, does not
// depend on block_bytes. Requires: block_bytes > 0.
[[nodiscard]] Result<Trace> read_json_in_blocks(std::istream& in, std::size_t block_bytes);

// `rows` and what `rest` says of them: a file's text from the bracket behind its last entry on. `largest_thread` is
// the largest thread index of a row. Nothing where the file as a whole has an error.
[[nodiscard]] std::optional<Trace> read_json_behind(Trace rows, std::optional<ThreadId> largest_thread,
                                                    std::string_view rest);

}  // namespace ringtail::inline v1
