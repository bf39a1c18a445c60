#include "recording_rules.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "ringtail/base/result.h"
#include "ringtail/trace/entry.h"

namespace ringtail::cli {
namespace {

constexpr std::string_view kNames = "op, comm, memory or host";

CategoryRule* category_of(std::string_view name, RecordingRules& rules) {
  const auto* const found = std::ranges::find(kCategories, name);
  if (found == kCategories.end()) return nullptr;
  return &rules.categories[static_cast<std::size_t>(found - kCategories.begin())];
}

// "CATEGORY=VALUE" in two; the value is absent where there is no '='.
struct Setting {
  std::string category;
  std::optional<std::string> value;
};

Setting split(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::string expected(std::string_view form, const std::string& text) {
  std::string message(form);
  message.append(" with a CATEGORY of ").append(kNames).append(", found ").append(ringtail::quoted(text));
  return message;
}

}  // namespace

std::optional<Nanoseconds> duration_of(const std::string& text) {
  // "s" is last, because the others end with it as well.
  constexpr std::pair<std::string_view, double> kUnits[] = {{"ns", 1e-3}, {"us", 1.0}, {"ms", 1e3}, {"s", 1e6}};
  for (const auto& [unit, microseconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const std::optional<double> number = real_number(text.substr(0, text.size() - unit.size()));
    if (!number || !(*number >= 0.0)) return std::nullopt;
    const Nanoseconds duration = to_nanoseconds(*number * microseconds);
    if (duration == Nanoseconds::max()) return std::nullopt;
    return duration;
  }
  return std::nullopt;
}

std::optional<std::string> parse_budget(const std::string& text, RecordingRules& rules) {
  const auto percent = text.ends_with('%') ? real_number(text.substr(0, text.size() - 1)) : std::nullopt;
  const double budget = percent.value_or(0.0) / 100.0;
  if (!(budget > 0.0 && budget <= 1.0)) {
    return "a percentage above 0% and at most 100%, found " + ringtail::quoted(text);
  }
  rules.budget = budget;
  return std::nullopt;
}

std::optional<std::string> parse_sample(const std::string& text, RecordingRules& rules) {
  const Setting setting = split(text);
  CategoryRule* const category = category_of(setting.category, rules);
  const bool is_rate = setting.value && setting.value->starts_with("1/");
  const std::uint64_t one_in = is_rate ? whole_number(setting.value->substr(2)).value_or(0) : 0;
  if (category == nullptr || one_in == 0 || one_in > UINT32_MAX) {
    return expected("CATEGORY=1/N, N from 1 to 4294967295,", text);
  }
  category->one_in = static_cast<std::uint32_t>(one_in);
  return std::nullopt;
}

std::optional<std::string> parse_shortest(const std::string& text, RecordingRules& rules) {
  const Setting setting = split(text);
  CategoryRule* const category = category_of(setting.category, rules);
  const auto shortest = setting.value ? duration_of(*setting.value) : std::nullopt;
  if (category == nullptr || !shortest) return expected("CATEGORY=TIME in ns, us, ms or s like memory=10us,", text);
  category->shortest = *shortest;
  return std::nullopt;
}

std::optional<std::string> parse_off(const std::string& text, RecordingRules& rules) {
  CategoryRule* const category = category_of(text, rules);
  if (category == nullptr) return std::string(kNames) + ", found " + ringtail::quoted(text);
  category->record = false;
  return std::nullopt;
}

void add_recording_options(CommandLine& line, RecordingRules& rules) {
  const auto accept = [&rules](auto parse) {
    return [&rules, parse](const std::string& text) { return parse(text, rules); };
  };
  line.parsed(
      "--budget", "PERCENT", "", accept(parse_budget),
      "of the threads' time that recording may\ntake, above 0% to 100%, as in 1%; it then\nkeeps fewer spans");
  line.repeated("--sample", "CATEGORY=1/N", accept(parse_sample),
                "keep one span in N, at random, N rounded\nup to a power of two; of op, comm,\nmemory or host");
  line.repeated("--shortest", "CATEGORY=TIME", accept(parse_shortest),
                "keep shorter spans only in the totals,\nas in memory=10us");
  line.repeated("--off", "CATEGORY", accept(parse_off), "do not record these spans");
}

}  // namespace ringtail::cli
