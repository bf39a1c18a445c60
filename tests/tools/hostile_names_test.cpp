// What the terminal shows of names that would control it: in reports and in messages about wrong command lines, files
// that cannot be opened, and files that cannot be read.
#include "tests/support/hostile_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "format/utf8.h"
#include "ringtail/format/json.h"
#include "ringtail/format/rtt_file.h"
#include "tests/tools/command_fixture.h"
#include "tests/tools/flat_json.h"
#include "tools/ringtail/analysis.h"
#include "tools/ringtail/commands.h"
#include "tools/ringtail/dispatch.h"

namespace ringtail::cli {
namespace {

// UTF-8 of what must not reach a terminal, apart from single bytes: C1, direction, line separators.
bool controls_a_terminal(std::string_view text) {
  if (std::ranges::any_of(text, [](unsigned char byte) { return (byte < 0x20 && byte != '\n') || byte == 0x7F; })) {
    return true;
  }
  for (std::size_t at = text.find('\xC2'); at != std::string_view::npos; at = text.find('\xC2', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) return true;
  }
  constexpr std::string_view kMarks[] = {"\u061C", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202B",
                                         "\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069"};
  return std::ranges::any_of(kMarks, [text](std::string_view mark) { return text.find(mark) != text.npos; });
}

void expect_printable(const std::string& text, const std::string& what) {
  EXPECT_TRUE(is_utf8(text)) << what;
  EXPECT_FALSE(controls_a_terminal(text)) << what;
}

void expect_one_line_or_none(const Outcome& outcome, const std::string& what) {
  expect_printable(outcome.err, what);
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), outcome.code == kDone ? 0 : 1) << what;
}

Outcome run_program(const Arguments& arguments) {
  return run([](const Arguments& given, Streams& io) { return dispatch(kCommands, given, io); }, arguments);
}

TEST(HostileNames, ControlATerminalUnlessTheyAreSpelledOut) {
  EXPECT_GT(std::ranges::count_if(hostile_names(), controls_a_terminal), 90);
}

TEST(HostileNames, ArePrintableInTheTextOfAnAnalysis) {
  const std::vector<std::string> names = hostile_names();
  AnalysisOptions options;
  options.top = names.size();
  std::ostringstream out;
  write_analysis_text(hostile_named_trace(names), "all of them", options, Terminal{}, out);
  for (const std::string& name : names) write_analysis_text(Trace{}, name, options, Terminal{}, out);
  EXPECT_GT(out.str().size(), std::size_t{1} << 20U);
  expect_printable(out.str(), out.str().substr(0, 40));
}

TEST(HostileNames, ArePrintableInTheOutputOfEveryCommandThatReadsATrace) {
  const TemporaryFolder folder;
  const std::string in = folder.file("\xE2\x80\xAE\x1b[31m\xFF.json", to_json(hostile_named_trace(hostile_names())));
  for (const Arguments& arguments : {Arguments{"analyze", in},
                                     {"analyze", in, "--format", "json", "--top", "1000"},
                                     {"analyze", in, in, "--format", "json"},
                                     {"check", in},
                                     {"check", in, "--format", "json"},
                                     {"check", in, in, "--format", "json"}}) {
    const Outcome outcome = run_program(arguments);
    EXPECT_GT(outcome.out.size(), 500U) << arguments.front();
    expect_printable(outcome.out, arguments.front());
    expect_printable(outcome.err, arguments.front());
    EXPECT_EQ(testing::flat_json(outcome.out).has_value(), arguments.size() > 2) << arguments.front();
  }
  const Outcome outcome = run_program({"convert", in, "-o", folder.path("out.csv")});
  EXPECT_EQ(outcome.code, kDone);
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1);
  expect_printable(outcome.err, "convert");
}

TEST(HostileNames, HaveARowEachInAnAnalysisForProgramsThoughOnlyTheirInvalidBytesDiffer) {
  const TemporaryFolder folder;
  const std::string in = folder.path("in.rtt");
  const std::vector<std::string> names = hostile_names();
  const Sink sink = rtt_file(in);
  ASSERT_TRUE(sink.append(hostile_named_trace(names)).ok());
  ASSERT_TRUE(sink.finish(hostile_named_trace(names)).ok());
  const Outcome outcome = run_program({"analyze", in, "--format", "json"});
  ASSERT_EQ(outcome.code, kDone) << outcome.err;
  const auto leaves = testing::flat_json(outcome.out);
  ASSERT_TRUE(leaves.has_value());
  const auto rows = std::ranges::count_if(*leaves, [](const auto& leaf) { return leaf.first.starts_with("/avg_"); });
  EXPECT_EQ(static_cast<std::size_t>(rows), names.size());
  EXPECT_TRUE(leaves->contains("/operation_summary/\uFFFD (2)/count"));
  EXPECT_TRUE(leaves->contains("/per_device_summary/\uFFFD (2)/op_count"));
  EXPECT_TRUE(leaves->contains("/ringtail/activity/devices/\uFFFD (2)/idle_ns"));
}

TEST(HostileNames, ArePrintableInTheReportOfWhatWasRecovered) {
  const TemporaryFolder folder;
  const std::string name = "\xE2\x80\xAE\x1b[31m\xFF.rtt";
  const Trace trace = hostile_named_trace(hostile_names());
  ASSERT_TRUE(rtt_file(folder.path(name)).append(trace).ok());  // and no end
  for (const std::string format : {"text", "json"}) {
    const Outcome outcome = run_program(
        {"recover", folder.path(name + ".part"), "-o", folder.path(name + format + ".rtt"), "--format", format});
    EXPECT_EQ(outcome.code, kDone) << outcome.err;
    EXPECT_GT(outcome.out.size(), 50 * trace.open_spans.size()) << format;
    expect_printable(outcome.out, format);
    expect_printable(outcome.err, format);
    EXPECT_EQ(testing::flat_json(outcome.out).has_value(), format == "json");
  }
}

TEST(HostileNames, ArePrintableInMessagesAboutTheCommandLine) {
  for (const std::string& name : hostile_names()) {
    if (name.find('\0') != std::string::npos || name == "-" || name == "--help")
      continue;  // no argument, or a right one
    for (const Arguments& arguments : {Arguments{name},
                                       {"analyze", "/no/such/folder/" + name},
                                       {"analyze", "t.json", "--" + name},
                                       {"analyze", "t.json", "--format", name},
                                       {"analyze", "t.json", "--top=x" + name},
                                       {"analyze", "t.json", "--strict=" + name},
                                       {"convert", "/no/such/file", "-o", "/no/such/folder/" + name},
                                       {"convert", "/no/such/file", "-o", name + ".json"},
                                       {"convert", "t.json", "-o", "u.json", "--mode", "x" + name},
                                       {"recover", "/no/such/file", "-o", name},
                                       {"recover", "/no/such/folder/" + name, "-o", "t.rtt"},
                                       {"demo", "--straggler", name},
                                       {"demo", "--sample", name},
                                       {"demo", "--off", name}}) {
      const Outcome outcome = run_program(arguments);
      EXPECT_NE(outcome.code, kDone) << arguments.front() << ' ' << name.substr(0, 40);
      expect_one_line_or_none(outcome, arguments.front() + " " + name.substr(0, 40));
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(HostileNames, ArePrintableInMessagesAboutAFileThatCannotBeRead) {
  const TemporaryFolder folder;
  for (const std::string& name : hostile_names()) {
    for (const std::string& text : {R"({"entries": [], "total_duration_us": ")" + name + R"("})",
                                    R"({"metadata": {")" + name + R"(": 1}})", R"({")" + name + "\": nan}", name}) {
      const Outcome outcome = run(cli::check, {"-"}, text);
      EXPECT_EQ(outcome.code, kFailed);
      EXPECT_LT(outcome.err.size(), 1000U);
      expect_one_line_or_none(outcome, name.substr(0, 40));
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace ringtail::cli
