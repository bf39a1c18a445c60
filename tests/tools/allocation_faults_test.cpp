// No memory while a command reads, analyzes or writes: one line says so, and no part of an output is left; or it
// was not needed.
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <streambuf>

#include "ringtail/format/json.h"
#include "ringtail/format/rtt_file.h"
#include "tests/support/allocations.h"
#include "tests/support/scale.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/trace_builder.h"
#include "tools/ringtail/commands.h"
#include "tools/ringtail/dispatch.h"

namespace ringtail::cli {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::AllocationFaults;
using ::ringtail::testing::stride_for;

constexpr long kForever = std::numeric_limits<long>::max();
// Takes what is printed without any memory.
class FixedBuffer : public std::streambuf {
 public:
  FixedBuffer() { setp(bytes_.begin(), bytes_.end()); }
  [[nodiscard]] std::string text() const { return {pbase(), pptr()}; }

 private:
  std::array<char, 64 * 1'024> bytes_;
};

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
  long allocations = 0;
};

Outcome run(const Arguments& arguments, long from, long to) {
  std::istream in(nullptr);
  FixedBuffer out_bytes;
  FixedBuffer err_bytes;
  std::ostream out(&out_bytes);
  std::ostream err(&err_bytes);
  Streams io{in, out, err};
  const AllocationFaults faults(from, to);
  const int code = dispatch(kCommands, arguments, io);
  const long allocations = AllocationFaults::end();
  return {code, out_bytes.text(), err_bytes.text(), allocations};
}

Trace some_spans() {
  TraceBuilder builder;
  for (int i = 0; i < 12; ++i) {
    builder.thread("worker " + std::to_string(i % 2)).on("gpu:" + std::to_string(i % 2)).shapes({{8, 8}}, {8});
    builder.span("operation number " + std::to_string(i % 3) + " with a long name", 10us * i, 10us * i + 5us);
  }
  return builder.build();
}

// The command's arguments, of files in a folder that has trace.json, trace.rtt and killed.rtt.part.
struct Case {
  const char* name;
  std::vector<std::string> arguments;  // those that end in .json, .rtt, ... are files
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

const Case kCases[] = {
    {"analyze_json", {"analyze", "trace.json"}},
    {"analyze_rtt", {"analyze", "trace.rtt", "--format", "json"}},
    {"check", {"check", "trace.json", "trace.rtt"}},
    {"json_to_rtt", {"convert", "trace.json", "-o", "out.rtt", "--compress"}},
    {"rtt_to_json", {"convert", "trace.rtt", "-o", "out.json"}},
    {"rtt_to_chrome", {"convert", "trace.rtt", "-o", "out.chrome.json"}},
    {"rtt_to_csv", {"convert", "trace.rtt", "-o", "out.csv"}},
    {"recover", {"recover", "killed.rtt.part", "-o", "out.rtt"}},
};

// Of the command line: CLI11 ends the program when it has no memory, before anything was read.
long allocations_until_the_input(Arguments arguments) {
  for (std::string& argument : arguments) {
    if (argument.find("/trace.") != std::string::npos || argument.ends_with(".part")) argument.back() = '?';
  }
  const Outcome nothing = run(arguments, kForever, kForever);
  EXPECT_EQ(nothing.code, kFailed) << nothing.out;
  return nothing.allocations;
}

class CommandAllocationFaults : public ::testing::TestWithParam<Case> {};

TEST_P(CommandAllocationFaults, AreOneLineOfErrorAndNoPartOfAnOutput) {
  const TemporaryFolder folder;
  ASSERT_NE(folder.file("trace.json", to_json(some_spans())), "");
  const Sink whole = rtt_file(folder.path("trace.rtt"));
  const Sink killed = rtt_file(folder.path("killed.rtt"));
  ASSERT_TRUE(whole.append(some_spans()).ok() && whole.finish(some_spans()).ok() && killed.append(some_spans()).ok());
  const std::vector<std::string> before = folder.names();
  Arguments arguments = GetParam().arguments;
  for (std::string& argument : arguments) {
    if (argument.find('.') != std::string::npos) argument = folder.path(argument);
  }
  const auto take_output = [&] {  // what there is besides the inputs
    std::string output;
    for (const std::string& name : folder.names()) {
      if (std::ranges::find(before, name) != before.end()) continue;
      output += name + '\n' + content_of(folder.path(name));
      std::filesystem::remove(folder.path(name));
    }
    return output;
  };
  static_cast<void>(run(arguments, kForever, kForever));  // what is allocated once is there now
  take_output();
  const Outcome whole_run = run(arguments, kForever, kForever);
  ASSERT_EQ(whole_run.code, kDone) << whole_run.err;
  const long parsing = allocations_until_the_input(arguments);
  ASSERT_LT(parsing, whole_run.allocations);
  const std::string whole_output = take_output();
  long failed = 0;
  const auto stride = static_cast<long>(stride_for(static_cast<std::size_t>(whole_run.allocations)));
  for (long n = parsing; n < whole_run.allocations; n += stride) {
    for (const long to : {n + 1, kForever}) {
      SCOPED_TRACE("allocation " + std::to_string(n) + (to == kForever ? " and all further ones" : ""));
      const Outcome outcome = run(arguments, n, to);
      const std::string output = take_output();
      if (outcome.code == kDone) {
        EXPECT_EQ(outcome.out, whole_run.out);
        EXPECT_EQ(output, whole_output);
        continue;
      }
      ++failed;
      EXPECT_EQ(outcome.code, kFailed);
      if (!output.empty()) {  // what is said after it was written found no memory
        EXPECT_EQ(output, whole_output);
      }
      EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
      EXPECT_EQ(outcome.err.find("ringtail: "), 0U) << outcome.err;
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(failed, 0);
  std::printf("%ld allocations, %ld failures told\n", whole_run.allocations, failed);
}

INSTANTIATE_TEST_SUITE_P(Commands, CommandAllocationFaults, ::testing::ValuesIn(kCases),
                         [](const auto& given) { return std::string(given.param.name); });

}  // namespace
}  // namespace ringtail::cli
