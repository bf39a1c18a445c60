// format/json_reader.h
//
// read_json with the size of its blocks as a parameter, so that tests can cut a file at every place.
#pragma once

#include <cstddef>
#include <iosfwd>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail {

// Requires: block_bytes > 0. The result, also an error's message, does not depend on block_bytes.
[[nodiscard]] Result<Trace> read_json_in_blocks(std::istream& in, std::size_t block_bytes);

}  // namespace ringtail
