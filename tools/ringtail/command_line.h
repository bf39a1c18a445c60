// tools/ringtail/command_line.h
//
// One command's options and arguments, over CLI11: the only place that includes it.
//
//     CommandLine line("analyze", "What a trace says.", "ringtail analyze trace.json --top 5");
//     line.many("TRACE", traces, "trace files; - is standard input");
//     line.choice("--format", format, {"text", "json"}, "what to print");
//     if (const auto code = line.parse(arguments, io)) return *code;
//
// Values given here before parse() are the defaults, and --help shows them.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command.h"

namespace ringtail::cli {

class CommandLine {
 public:
  CommandLine(const std::string& name, const std::string& summary, const std::string& example);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Required names of files without a flag: exactly one, one or more.
  void one(const std::string& name, std::string& value, const std::string& help);
  void many(const std::string& name, std::vector<std::string>& values, const std::string& help);

  void flag(const std::string& flags, bool& value, const std::string& help);
  // The name of a file or folder.
  void file(const std::string& flags, const std::string& value_name, std::string& value, const std::string& help);
  // Takes what `accept` accepts; else the line ends with what `accept` says was expected.
  void parsed(const std::string& flags, const std::string& value_name, const std::string& default_text,
              const std::function<std::optional<std::string>(const std::string&)>& accept, const std::string& help);
  // As parsed(), for an option that may be given several times.
  void repeated(const std::string& flags, const std::string& value_name,
                const std::function<std::optional<std::string>(const std::string&)>& accept, const std::string& help);
  void choice(const std::string& flags, std::string& value, const std::vector<std::string>& choices,
              const std::string& help);
  // Decimal digits within [least, most].
  void whole(const std::string& flags, const std::string& value_name, std::uint64_t& value, std::uint64_t least,
             std::uint64_t most, const std::string& help);
  // "500M": K, M and G are powers of 1024. A value below `least` stands for no default.
  void bytes(const std::string& flags, std::uint64_t& value, std::uint64_t least, const std::string& help);
  // A finite number within [least, most].
  void real(const std::string& flags, const std::string& value_name, double& value, double least, double most,
            const std::string& help);
  // "--mode OCTAL", up to 0777: the rights of files that the command writes; 0600 where it is not given.
  void file_mode(mode_t& value);
  void required(const std::string& flags);

  // Nothing: go on. Else the command is done: kDone after --help on `out`, kUsage after one line on `err`.
  [[nodiscard]] std::optional<int> parse(const Arguments& arguments, Streams& io);

 private:
  struct Parser;
  std::string name_;
  std::unique_ptr<Parser> parser_;
};

// "ringtail: MESSAGE; see ringtail NAME --help" on one line of `err`, and kUsage. An empty name is left out.
int complain_usage(Streams& io, const std::string& name, const std::string& message);

// The whole text as a number, or nothing.
[[nodiscard]] std::optional<std::uint64_t> whole_number(const std::string& text);
[[nodiscard]] std::optional<double> real_number(const std::string& text);

}  // namespace ringtail::cli
