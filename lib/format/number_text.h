// format/number_text.h
//
// Numbers as JSON text and back, as serde_json (and the Ryu crate behind it) lays them out.
//
// Shape    Integers in decimal. Doubles: the fewest digits that read back the same, as 12340.0, 12.34 or 0.00001234
//          where the decimal point stands within 16 digits and not more than 4 zeros from them, else 1.234e17, 1e-6.
//          Zero is 0.0 or -0.0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringtail {

void append_integer(std::string& out, std::uint64_t value);
void append_integer(std::string& out, std::int64_t value);

// Requires: value is finite.
void append_double(std::string& out, double value);

// The double nearest to a number in JSON's grammar (ties to even); nothing when it lies beyond the largest
// double. Too small a number gives a denormal or a zero of its sign.
[[nodiscard]] std::optional<double> double_of(std::string_view number);

}  // namespace ringtail
