#include "ringtail/format/csv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "tests/support/random_trace.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

constexpr char kColumns[] =
    "begin_ns,duration_us,device,operation,step,thread,depth,input_shapes,output_shape,output_elements,memory_bytes,"
    "weight,lost_before,queue_delay_ns,thread_name\n";

std::string written(const Trace& trace, Formulas formulas = Formulas::kDisarmed) {
  std::ostringstream out;
  EXPECT_TRUE(write_csv(trace, out, formulas).ok());
  const std::string text = out.str();
  EXPECT_TRUE(text.starts_with(kColumns)) << text;
  return text.substr(std::min(text.size(), sizeof kColumns - 1));
}

// The cell of an operation with this name.
std::string name_cell(std::string name, Formulas formulas = Formulas::kDisarmed) {
  const std::string line = written(TraceBuilder().untimed(std::move(name), 1us).build(), formulas);
  constexpr std::string_view kBefore = ",1,,";
  constexpr std::string_view kAfter = ",0,,0,\"[]\",\"[]\",0,0,1,0,,\n";
  EXPECT_TRUE(line.starts_with(kBefore) && line.ends_with(kAfter)) << line;
  return line.substr(kBefore.size(), line.size() - kBefore.size() - kAfter.size());
}

TEST(WriteCsv, GivesOnlyTheColumnsOfAnEmptyTrace) { EXPECT_EQ(written(Trace{}), ""); }

TEST(WriteCsv, GivesARowWithAllItsFacts) {
  const Trace trace = TraceBuilder()
                          .on("gpu:0")
                          .thread("main")
                          .shapes({{2, 3}, {}}, {3})
                          .weight(4)
                          .step(7)
                          .queued(-5ns)
                          .span("mat\"mul", -1ns, 2'000'500ns)
                          .build();
  EXPECT_EQ(written(trace),
            "-1,2000.501,\"gpu:0\",\"mat\"\"mul\",7,0,0,\"[[2,3],[]]\",\"[3]\",3,24,4,0,-5,\"main\"\n");
}

TEST(WriteCsv, LeavesEmptyWhatARowLacks) {
  TraceEntry entry = make_entry(3, "a");
  entry.shapes_dropped = true;
  EXPECT_EQ(written(TraceBuilder().entry(entry).build()), ",0,,\"a\",3,,0,,,0,0,1,0,,\n");
}

TEST(WriteCsv, LeavesEmptyADurationThatIsNoNumber) {
  for (const double us : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                          -std::numeric_limits<double>::infinity()}) {
    EXPECT_TRUE(written(TraceBuilder().untimed_us("a", us).build()).starts_with(",,,\"a\",")) << us;
  }
}

TEST(WriteCsv, TellsADeviceWithoutANameFromNone) {
  EXPECT_TRUE(written(TraceBuilder().on("").untimed("a", 1us).build()).starts_with(",1,\"\",\"a\","));
}

TEST(WriteCsv, PutsAnApostropheBeforeFormulasAndWhatHasOneAlready) {
  for (const std::string armed : {"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "'=1", "'", "\uFF1D1",
                                  "\uFF0B1", "\uFF0D1", "\uFF201"}) {
    EXPECT_EQ(name_cell(armed), "\"'" + armed + "\"");
    EXPECT_EQ(name_cell(armed, Formulas::kKept), "\"" + armed + "\"");
  }
  for (const std::string harmless : {"", "a=1", " =1", "1", "\uFF07"}) {
    EXPECT_EQ(name_cell(harmless), "\"" + harmless + "\"");
  }
}

TEST(WriteCsv, DisarmsDevicesAndThreadsToo) {
  const std::string line = written(TraceBuilder().on("=d").thread("=t").span("a", 0ns, 1us).build());
  EXPECT_TRUE(line.starts_with("0,1,\"'=d\",\"a\",")) << line;
  EXPECT_TRUE(line.ends_with(",\"'=t\"\n")) << line;
}

TEST(WriteCsv, KeepsSeparatorsWithinQuotes) { EXPECT_EQ(name_cell("a,b;c\r\n\"d\""), "\"a,b;c\r\n\"\"d\"\"\""); }

TEST(WriteCsv, ReplacesNulAndWhatIsNoUtf8) {
  EXPECT_EQ(name_cell(std::string("a\0b\0", 4)), "\"a\uFFFDb\uFFFD\"");
  EXPECT_EQ(name_cell("a\xFF\xE2\x82z"), "\"a\uFFFD\uFFFDz\"");
}

TEST(WriteCsv, GivesALinePerRowOfAnyTrace) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Trace trace = random_trace(seed, seed % 2 == 0);
    std::size_t lines = 0;
    bool quoted = false;
    for (const char byte : written(trace, Formulas::kKept)) {
      if (byte == '"') quoted = !quoted;
      if (byte == '\n' && !quoted) ++lines;
    }
    EXPECT_EQ(lines, trace.size()) << "seed " << seed;
    EXPECT_FALSE(quoted);
  }
}

TEST(WriteCsv, SaysSoWhenTheStreamFails) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  const Status status = write_csv(Trace{}, out);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
}

TEST(SpansWithoutRow, AreTheFoldedAndTheOpenOnes) {
  Trace trace = TraceBuilder().thread("t").on("d").span("a", 0ns, 1us).folded("a", 3, 1us).build();
  EXPECT_EQ(spans_without_row(trace), 3U);
  trace.folded[0].extra = 4;
  trace.open_spans.push_back({});
  EXPECT_EQ(spans_without_row(trace), 8U);
  trace.folded.push_back({.count = UINT64_MAX});
  EXPECT_EQ(spans_without_row(trace), UINT64_MAX);
}

}  // namespace
}  // namespace ringtail::inline v1
