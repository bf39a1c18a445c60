// tools/ringtail/units.h
//
// Numbers as a person would say them: three significant digits and always a unit. For tables; programs get
// the exact values from --format json.
#pragma once

#include <cstdint>
#include <string>

namespace ringtail::cli {

// "16 384".
[[nodiscard]] std::string count_text(std::uint64_t count);

// "16 384 spans", "1 span".
[[nodiscard]] std::string count_text(std::uint64_t count, const char* singular);

// "121 ns", "4.20 us", "231 us", "1.10 ms", "12.0 s"; "0 us" for nothing.
[[nodiscard]] std::string duration_text(double microseconds);

// "512 B", "1.50 KiB", "64.0 MiB".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

// A ratio as "34.1 %".
[[nodiscard]] std::string percent_text(double ratio);

// Three significant digits without a unit: "1.94", "12.0", "231".
[[nodiscard]] std::string short_text(double value);

}  // namespace ringtail::cli
