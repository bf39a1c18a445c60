// tools/ringtail/recording_rules.h
//
// What of a program is recorded, as a command line says it.
//
//     --budget 1%  --sample op=1/4  --shortest memory=10us  --off host
//
// Errors   The parsers give what was expected instead, for a command line's complaint; the rules stay as they were.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "command_line.h"
#include "ringtail/base/clock.h"
#include "ringtail/record/category.h"

namespace ringtail::cli {

struct RecordingRules {
  double budget = 0.0;                       // share of any recording thread's time, in (0, 1]; 0: none
  std::array<CategoryRule, 4> categories{};  // as in kCategories
  friend bool operator==(const RecordingRules&, const RecordingRules&) = default;
};

// The categories that every session has, in the order of their ids.
inline constexpr std::array<std::string_view, 4> kCategories = {"op", "comm", "memory", "host"};

// "1%", "0.5%": above 0, to 100.
[[nodiscard]] std::optional<std::string> parse_budget(const std::string& text, RecordingRules& rules);
// "op=1/4".
[[nodiscard]] std::optional<std::string> parse_sample(const std::string& text, RecordingRules& rules);
// "memory=10us"; see duration_of().
[[nodiscard]] std::optional<std::string> parse_shortest(const std::string& text, RecordingRules& rules);
// "host".
[[nodiscard]] std::optional<std::string> parse_off(const std::string& text, RecordingRules& rules);

// A number, at least 0, with one of the units ns, us, ms, s: "10us", "1.5ms". To the nearest nanosecond.
[[nodiscard]] std::optional<Nanoseconds> duration_of(const std::string& text);

// The options --budget, --sample, --shortest and --off; all but the first may be given several times.
void add_recording_options(CommandLine& line, RecordingRules& rules);

}  // namespace ringtail::cli
