// format/stream_error.h
//
// What readers and writers of any format say of a stream that fails.
#pragma once

#include <cstdint>
#include <string>

#include "ringtail/base/result.h"

namespace ringtail::inline v1 {

// After so many bytes.
[[nodiscard]] inline Error read_failure(std::uint64_t offset) {
  return {ErrorCode::kIo,
          "byte " + std::to_string(offset) + ": expected to read to the end, found a stream that failed"};
}

// `where`: "byte 12", or the format's name where bytes are not counted.
[[nodiscard]] inline Error write_failure(const std::string& where) {
  return {ErrorCode::kIo, where + ": expected to write to the end, found a stream that failed"};
}

}  // namespace ringtail::inline v1
