#include "command_line.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

#include "printable.h"
#include "units.h"

namespace ringtail::cli {
namespace {

// `base`: nothing, or that of the digits.
template <class Number, class... Base>
std::optional<Number> number_in(const std::string& text, Base... base) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number, base...);
  if (error != std::errc() || stopped != end || text.empty()) return std::nullopt;
  return number;
}

std::string plain(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

std::string plain(std::uint64_t value) { return std::to_string(value); }

// "500M": 500 * 2^20. Nothing for what is no such number, or more than 2^64 - 1.
std::optional<std::uint64_t> bytes_number(std::string text) {
  std::uint64_t unit = 1;
  if (!text.empty()) {
    const std::size_t power = std::string_view("KMG").find(text.back());
    if (power != std::string_view::npos) {
      unit = std::uint64_t{1} << (10 * (power + 1));
      text.pop_back();
    }
  }
  const auto count = whole_number(text);
  if (!count || *count > UINT64_MAX / unit) return std::nullopt;
  return *count * unit;
}

template <class Number>
std::optional<std::string> accept_within(const std::string& text, std::optional<Number> number, Number least,
                                         Number most, const char* kind, Number& value) {
  if (number && *number >= least && *number <= most) {
    value = *number;
    return std::nullopt;
  }
  return std::string(kind) + " from " + plain(least) + " to " + plain(most) + ", found " + ringtail::quoted(text);
}

// What CLI11 could not place, as it was given.
std::string first_unknown(const CLI::App& app) {
  const std::vector<std::string> unknown = app.remaining();
  return unknown.empty() ? "" : unknown.front();
}

// A check of CLI11: what is wrong, or nothing.
std::string file_name(const std::string& text) { return text.empty() ? R"(expected a file name, found "")" : ""; }

std::string missing(const CLI::Option& option) {
  const std::string name = option.get_name();
  if (option.get_positional()) return "expected " + name + ", found nothing";
  return name + ": expected " + option.get_type_name() + ", found nothing";
}

// Of all that CLI11 says about an option that is missing or given with too few or too many values, only the name that
// it begins with: that of a flag without its dashes.
std::string missing_or_misused(const CLI::App& app, std::string_view said) {
  const CLI::Option* meant = nullptr;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    const bool named = said.starts_with(name) || said.starts_with(name.substr(name.find_first_not_of('-')));
    if (named && (meant == nullptr || name.size() > meant->get_name().size())) meant = option;
  }
  if (meant == nullptr) return "expected other arguments";
  const std::string name = meant->get_name();
  if (meant->get_expected_max() == 0) return name + ": expected no value, found one";
  if (meant->count() > 1) return name + ": expected it once, found it " + plain(meant->count()) + " times";
  return missing(*meant);
}

}  // namespace

std::optional<std::uint64_t> whole_number(const std::string& text) { return number_in<std::uint64_t>(text); }

std::optional<double> real_number(const std::string& text) {
  const std::optional<double> number = number_in<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

struct CommandLine::Parser {
  CLI::App app;
};

CommandLine::CommandLine(const std::string& name, const std::string& summary, const std::string& example)
    : name_(name), parser_(new Parser{CLI::App(summary)}) {
  CLI::App& app = parser_->app;
  app.name("ringtail " + name);
  app.set_help_flag("-h,--help", "print this and exit");
  app.footer("Example:\n  " + example);
  app.get_formatter()->column_width(34);
}

CommandLine::~CommandLine() = default;

void CommandLine::one(const std::string& name, std::string& value, const std::string& help) {
  parser_->app.add_option(name, value, help)->required()->type_name("")->check(file_name);
}

void CommandLine::many(const std::string& name, std::vector<std::string>& values, const std::string& help) {
  parser_->app.add_option(name, values, help)->required()->type_name("")->check(file_name);
}

void CommandLine::flag(const std::string& flags, bool& value, const std::string& help) {
  parser_->app.add_flag(flags, value, help)->disable_flag_override();
}

void CommandLine::file(const std::string& flags, const std::string& value_name, std::string& value,
                       const std::string& help) {
  CLI::Option* option = parser_->app.add_option(flags, value, help)->type_name(value_name)->check(file_name);
  if (!value.empty()) option->default_str(value);
}

void CommandLine::parsed(const std::string& flags, const std::string& value_name, const std::string& default_text,
                         const std::function<std::optional<std::string>(const std::string&)>& accept,
                         const std::string& help) {
  const std::string name = flags.substr(flags.find("--"));
  const auto take = [accept, name](const std::string& value) {
    if (const auto expected = accept(value)) throw CLI::ValidationError(name, "expected " + *expected);
  };
  parser_->app.add_option_function<std::string>(flags, take, help)->type_name(value_name)->default_str(default_text);
}

void CommandLine::repeated(const std::string& flags, const std::string& value_name,
                           const std::function<std::optional<std::string>(const std::string&)>& accept,
                           const std::string& help) {
  const std::string name = flags.substr(flags.find("--"));
  const auto take = [accept, name](const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      if (const auto expected = accept(value)) throw CLI::ValidationError(name, "expected " + *expected);
    }
  };
  // One value each time, so that what follows it is not taken as another.
  parser_->app.add_option_function<std::vector<std::string>>(flags, take, help)
      ->type_name(value_name)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void CommandLine::choice(const std::string& flags, std::string& value, const std::vector<std::string>& choices,
                         const std::string& help) {
  std::string names;
  for (const std::string& choice : choices) names += (names.empty() ? "" : "|") + choice;
  const auto accept = [&value, choices, names](const std::string& text) -> std::optional<std::string> {
    if (std::ranges::find(choices, text) == choices.end()) return names + ", found " + ringtail::quoted(text);
    value = text;
    return std::nullopt;
  };
  parsed(flags, names, value, accept, help);
}

void CommandLine::whole(const std::string& flags, const std::string& value_name, std::uint64_t& value,
                        std::uint64_t least, std::uint64_t most, const std::string& help) {
  const auto accept = [&value, least, most](const std::string& text) {
    return accept_within(text, whole_number(text), least, most, "a whole number", value);
  };
  parsed(flags, value_name, plain(value), accept, help);
}

void CommandLine::bytes(const std::string& flags, std::uint64_t& value, std::uint64_t least,
                        const std::string& help) {
  const auto accept = [&value, least](const std::string& text) -> std::optional<std::string> {
    const auto count = bytes_number(text);
    if (!count || *count < least) return "bytes, as 500M or 2G, found " + ringtail::quoted(text);
    value = *count;
    return std::nullopt;
  };
  parsed(flags, "BYTES", value < least ? "" : plain(value), accept, help);
}

void CommandLine::real(const std::string& flags, const std::string& value_name, double& value, double least,
                       double most, const std::string& help) {
  const auto accept = [&value, least, most](const std::string& text) {
    return accept_within(text, real_number(text), least, most, "a number", value);
  };
  parsed(flags, value_name, plain(value), accept, help);
}

void CommandLine::file_mode(mode_t& value) {
  const auto accept = [&value](const std::string& text) -> std::optional<std::string> {
    const auto mode = number_in<mode_t>(text, 8);
    if (!mode || *mode > 0777) return "three octal digits, as in 640, found " + ringtail::quoted(text);
    value = *mode;
    return std::nullopt;
  };
  parsed("--mode", "OCTAL", "600", accept, "rights of the new file instead, from which\nthe umask takes");
}

void CommandLine::required(const std::string& flags) { parser_->app.get_option(flags)->required(); }

std::optional<int> CommandLine::parse(const Arguments& arguments, Streams& io) {
  Arguments last_first(arguments.rbegin(), arguments.rend());  // as CLI11 takes them
  for (std::string& argument : last_first) {
    // CLI11 splits such an argument at its commas; as the name of a file this is the same, and stays whole.
    if (argument.starts_with('[') && argument.ends_with(']')) argument.insert(0, "./");
  }
  try {
    parser_->app.parse(last_first);
  } catch (const CLI::CallForHelp&) {
    io.out << parser_->app.help();
    return kDone;
  } catch (const CLI::ExtrasError&) {
    return complain_usage(io, name_,
                          "expected no other argument, found " + ringtail::quoted(first_unknown(parser_->app)));
  } catch (const CLI::ValidationError& error) {
    return complain_usage(io, name_, error.what());  // parsed() or file_name() made it
  } catch (const CLI::ParseError& error) {
    return complain_usage(io, name_, missing_or_misused(parser_->app, error.what()));
  }
  return std::nullopt;
}

int complain_usage(Streams& io, const std::string& name, const std::string& message) {
  const std::string command = name.empty() ? "ringtail" : "ringtail " + name;
  io.err << "ringtail: " << (name.empty() ? "" : name + ": ") << printable(message) << "; see " << command
         << " --help\n";
  return kUsage;
}

}  // namespace ringtail::cli
