// What all commands have in common: help, and what a wrong command line gives.
#include "tools/ringtail/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/command_fixture.h"
#include "tools/ringtail/commands.h"
#include "tools/ringtail/dispatch.h"

namespace ringtail::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Outcome run_program(const Arguments& arguments) {
  return run([](const Arguments& given, Streams& io) { return dispatch(kCommands, given, io); }, arguments);
}

TEST(CommandLine, HelpsWithAnExampleInEightyColumns) {
  for (const Command& command : kCommands) {
    const Outcome outcome = run_program({command.name, "--help"});
    EXPECT_EQ(outcome.code, kDone);
    EXPECT_EQ(outcome.err, "");
    EXPECT_THAT(outcome.out, HasSubstr(std::string("Example:\n  ringtail ") + command.name));
    for (const std::string& line : lines_of(outcome.out)) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(CommandLine, ListsTheCommandsWithAnExampleInEightyColumns) {
  const Outcome outcome = run_program({"--help"});
  EXPECT_EQ(outcome.code, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("Example:"));
  for (const Command& command : kCommands) EXPECT_THAT(outcome.out, HasSubstr(command.summary));
  for (const std::string& line : lines_of(outcome.out)) EXPECT_LE(line.size(), 80U) << line;
}

TEST(CommandLine, ListsExactlyTheExitCodesThatThereAre) {
  EXPECT_THAT(run_program({"--help"}).out,
              HasSubstr("\nExit: 0 done, 1 failed, 2 wrong command line, 4 --strict and something was lost.\n"));
}

TEST(CommandLine, SaysWhoCanReadTheFilesItWrites) {
  for (const Arguments& arguments : {Arguments{"--help"}, {"convert", "--help"}, {"demo", "--help"}}) {
    const Outcome outcome = run_program(arguments);
    EXPECT_THAT(outcome.out, HasSubstr("owner only")) << arguments.front();
    EXPECT_THAT(outcome.out, HasSubstr("0600")) << arguments.front();
  }
}

TEST(CommandLine, PromisesOnlyWhatHolds) {
  EXPECT_THAT(run_program({"convert", "--help"}).out, Not(HasSubstr("half the size")));  // 1 % to half, by the trace
  EXPECT_THAT(run_program({"demo", "--help"}).out, HasSubstr("power of two"));
  EXPECT_THAT(run_program({"recover", "--help"}).out, HasSubstr("a file (not -)"));
}

TEST(CommandLine, SaysItsVersion) {
  const Outcome outcome = run_program({"--version"});
  EXPECT_EQ(outcome.code, kDone);
  EXPECT_THAT(outcome.out, ::testing::MatchesRegex("ringtail [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

struct UsageCase {
  const char* what;
  Arguments arguments;
};

const UsageCase kWrong[] = {
    {"no command", {}},
    {"unknown command", {"frobnicate"}},
    {"unknown command with an escape", {"\x1b[2J\n"}},
    {"no trace", {"analyze"}},
    {"unknown option", {"analyze", "t.json", "--frobnicate"}},
    {"unknown format", {"analyze", "t.json", "--format", "xml"}},
    {"negative count", {"analyze", "t.json", "--top", "-1"}},
    {"count past 2^64", {"analyze", "t.json", "--top", "18446744073709551616"}},
    {"octal is no count", {"analyze", "t.json", "--top", "0x10"}},
    {"count with a tail", {"analyze", "t.json", "--top", "10k"}},
    {"empty count", {"analyze", "t.json", "--top", ""}},
    {"ratio that is no number", {"analyze", "t.json", "--min-comm-ratio", "nan"}},
    {"ratio past the whole", {"analyze", "t.json", "--min-comm-ratio", "1.1"}},
    {"threshold with an unknown unit", {"analyze", "t.json", "--memory-threshold", "1T"}},
    {"option twice", {"analyze", "t.json", "--top", "1", "--top", "2"}},
    {"option without its value", {"analyze", "t.json", "--top"}},
    {"no output", {"convert", "t.json"}},
    {"two inputs", {"convert", "t.json", "u.json", "-o", "v.json"}},
    {"unknown target", {"convert", "t.json", "-o", "v.json", "--to", "xml"}},
    {"no devices", {"demo", "--devices", "0"}},
    {"straggler past the devices", {"demo", "--devices", "2", "--straggler", "2:2"}},
    {"straggler without a factor", {"demo", "--straggler", "1"}},
    {"straggler that is faster", {"demo", "--straggler", "1:0.5"}},
    {"ring of nothing", {"demo", "--ring-entries", "0"}},
    {"mode that is not octal", {"convert", "t.json", "-o", "v.json", "--mode", "0o644"}},
    {"mode past the rights", {"convert", "t.json", "-o", "v.json", "--mode", "1777"}},
    {"raw names where none are changed", {"convert", "t.json", "-o", "v.json", "--raw-csv"}},
};

TEST(CommandLine, AnswersAWrongOneWithOneLineAndCodeTwo) {
  for (const UsageCase& wrong : kWrong) {
    const Outcome outcome = run_program(wrong.arguments);
    EXPECT_EQ(outcome.code, kUsage) << wrong.what;
    EXPECT_EQ(outcome.out, "") << wrong.what;
    EXPECT_THAT(outcome.err, StartsWith("ringtail: ")) << wrong.what;
    EXPECT_THAT(outcome.err, EndsWith("--help\n")) << wrong.what;
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << wrong.what << ": " << outcome.err;
    EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos) << wrong.what;
  }
}

TEST(CommandLine, SaysWhatIsMissingOrMisusedInItsOwnWords) {
  const std::pair<Arguments, const char*> kSaid[] = {
      {{"analyze"}, "expected TRACE, found nothing"},
      {{"convert", "-o", "v.json"}, "expected IN, found nothing"},
      {{"convert", "t.json"}, "--output: expected OUT, found nothing"},
      {{"convert", "t.json", "-o"}, "--output: expected OUT, found nothing"},
      {{"convert", "t.json", "-o", "v.json", "--to="}, "--to: expected rtt|json|collapsed|chrome|csv, found nothing"},
      {{"convert", "t.json", "-o", "v.json", "-o", "w.json"}, "--output: expected it once, found it 2 times"},
      {{"convert", "t.json", "-o", ""}, R"(--output: expected a file name, found "")"},
      {{"convert", "", "-o", "v.json"}, R"(IN: expected a file name, found "")"},
      {{"recover", "", "-o", "v.rtt"}, R"(FILE: expected a file name, found "")"},
      {{"check", "t.json", ""}, R"(TRACE: expected a file name, found "")"},
      {{"demo", "-o", ""}, R"(--output: expected a file name, found "")"},
      {{"analyze", "t.json", "--top"}, "--top: expected N, found nothing"},
      {{"analyze", "t.json", "--top", "1", "--top", "2"}, "--top: expected it once, found it 2 times"},
      {{"analyze", "t.json", "--strict=maybe"}, "--strict: expected no value, found one"},
      {{"analyze", "t.json", "--strict=2"}, "--strict: expected no value, found one"},
      {{"convert", "t.json", "-o", "v.json", "--mode", "8"},
       "--mode: expected three octal digits, as in 640, found \"8\""},
  };
  for (const auto& [arguments, said] : kSaid) {
    const std::string& name = arguments.front();
    EXPECT_EQ(run_program(arguments).err, "ringtail: " + name + ": " + said + "; see ringtail " + name + " --help\n");
  }
}

TEST(CommandLine, TakesBytesWithAndWithoutAUnit) {
  const std::pair<const char*, std::uint64_t> kTaken[] = {{"0", 0}, {"7", 7}, {"1K", 1024}, {"3G", 3ULL << 30U}};
  for (const auto& [text, bytes] : kTaken) {
    std::uint64_t value = 1;
    CommandLine line("test", "", "");
    line.bytes("--bytes", value, 0, "");
    std::istringstream in;
    std::ostringstream out;
    Streams io{in, out, out};
    EXPECT_EQ(line.parse({"--bytes", text}, io), std::nullopt);
    EXPECT_EQ(value, bytes);
  }
  for (const char* const option : {"--memory-threshold", "--max-memory"}) {
    EXPECT_EQ(run_program({"analyze", "/no/such/file", option, "1K"}).code, kFailed) << option;
  }
}

TEST(CommandLine, KeepsNamesInBracketsWhole) {
  std::vector<std::string> names;
  CommandLine line("test", "", "");
  line.many("NAME", names, "");
  std::istringstream in;
  std::ostringstream out;
  Streams io{in, out, out};
  EXPECT_EQ(line.parse({"[a,b]", "c", "-"}, io), std::nullopt);
  EXPECT_THAT(names, ::testing::ElementsAre("./[a,b]", "c", "-"));
}

TEST(Dispatch, MakesOneLineOfAnException) {
  const Command throwing[] = {
      {"fail", "", [](const Arguments&, Streams&) -> int { throw std::runtime_error("no\nluck"); }}};
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Streams io{in, out, err};
  EXPECT_EQ(dispatch(throwing, {"fail"}, io), kFailed);
  EXPECT_EQ(err.str(), "ringtail: no\\x0aluck\n");
}

}  // namespace
}  // namespace ringtail::cli
