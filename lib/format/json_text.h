// The pieces of JSON text that exporters write: strings, and integers that readers keep.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ringtail/base/clock.h"

namespace ringtail {

// `text` between quotes. Quotes, backslashes and control characters are escaped; a byte sequence that is no
// UTF-8 becomes U+FFFD, one for each maximal part of a character (as browsers do).
void append_json_string(std::string& out, std::string_view text);

// Decimal digits; between quotes past 2^53, where readers that hold numbers as doubles would change it.
void append_json_integer(std::string& out, std::uint64_t value);
void append_json_integer(std::string& out, std::int64_t value);

// The shortest text that reads back as the same double; null for a NaN or an infinity.
void append_json_double(std::string& out, double value);

// Nanoseconds as microseconds with exactly three decimals.
void append_microseconds(std::string& out, std::uint64_t ns);
void append_microseconds(std::string& out, Nanoseconds ns);

}  // namespace ringtail
