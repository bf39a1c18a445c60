// format/chrome_numbers.h
//
// Numbers as the Chrome trace format wants them. Strings: pretty_json.h.
#pragma once

#include <cstdint>
#include <string>

#include "ringtail/base/clock.h"

namespace ringtail::inline v1 {

// Decimal digits; between quotes past 2^53, where readers that hold numbers as doubles would change it.
void append_json_integer(std::string& out, std::uint64_t value);
void append_json_integer(std::string& out, std::int64_t value);

// The shortest text that reads back as the same double; null for a NaN or an infinity.
void append_json_double(std::string& out, double value);

// Nanoseconds as microseconds with exactly three decimals.
void append_microseconds(std::string& out, std::uint64_t ns);
void append_microseconds(std::string& out, Nanoseconds ns);

}  // namespace ringtail::inline v1
