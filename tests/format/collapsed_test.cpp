#include "ringtail/format/collapsed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <sstream>

#include "tests/support/golden_traces.h"
#include "tests/support/random_trace.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

std::string written(const Trace& trace) {
  std::ostringstream out;
  EXPECT_TRUE(write_collapsed(trace, out).ok());
  return out.str();
}

TEST(FlamegraphCollapsed, GivesALinePerDeviceAndOperation) {
  const Trace trace = TraceBuilder()
                          .on("gpu:1")
                          .untimed("relu", 50us)
                          .on("gpu:0")
                          .untimed("matmul", 123us)
                          .untimed("matmul", 77us)
                          .build();
  EXPECT_EQ(flamegraph_collapsed(trace), "trace;gpu:0;matmul 200\ntrace;gpu:1;relu 50");
}

TEST(FlamegraphCollapsed, IsEmptyForAnEmptyTrace) { EXPECT_EQ(flamegraph_collapsed(Trace{}), ""); }

TEST(FlamegraphCollapsed, GivesTheReferencesTextForItsOddestTraces) {
  EXPECT_EQ(flamegraph_collapsed(inconsistent_trace()),
            "trace;; 1\ntrace;gpu:10;AllReduce 3\ntrace;gpu:1;AllReduce 10\ntrace;gpu:2;allreduce 13\n"
            "trace;unknown;matmul 1");
  EXPECT_EQ(flamegraph_collapsed(number_forms_trace()),
            "trace;cpu;SEND 3\ntrace;cpu;\\\" 1334567890135802447\ntrace;gpu:0;Comm-x 5503599627370496\n"
            "trace;gpu:0;reCV 123456789012348\n" +
                std::string("trace;unknown;\0\x1f ", 17) + " 19007199254741092\ntrace;unknown;a/b 3");
}

TEST(FlamegraphCollapsed, RoundsEachSpanHalfAwayFromZeroAndCountsAtLeastOne) {
  struct Case {
    double us;
    std::uint64_t weight;
  };
  const Case kCases[] = {{-5.0, 1},
                         {0.0, 1},
                         {std::nan(""), 1},
                         {1.49999, 1},
                         {1.5, 2},
                         {2.5, 3},
                         {979.4999999999999, 980},  // the reference reads it as 979.5
                         {979.499999999999, 979},
                         {0.49999999999999994, 1},
                         {4503599627370495.5, 4503599627370496},
                         {9007199254740993.0, 9007199254740992},
                         {1e300, UINT64_MAX}};
  for (const Case& c : kCases) {
    const Trace trace = TraceBuilder().on("d").untimed_us("a", c.us).build();
    EXPECT_EQ(flamegraph_collapsed(trace), "trace;d;a " + std::to_string(c.weight)) << c.us;
  }
}

TEST(FlamegraphCollapsed, SaturatesASumInsteadOfWrapping) {
  const Trace trace = TraceBuilder().on("d").untimed_us("a", 1.5e19).untimed_us("a", 1.5e19).build();
  EXPECT_EQ(flamegraph_collapsed(trace), "trace;d;a 18446744073709551615");
}

TEST(FlamegraphCollapsed, MergesEqualStackTextsFromDifferentNames) {
  const Trace trace = TraceBuilder()
                          .on("a;b")
                          .untimed("c", 1us)
                          .on("a")
                          .untimed("b;c", 2us)
                          .on("unknown")
                          .untimed("x", 3us)
                          .on_no_device()
                          .untimed("x", 4us)
                          .build();
  EXPECT_EQ(flamegraph_collapsed(trace), "trace;a;b;c 3\ntrace;unknown;x 7");
}

TEST(FlamegraphCollapsed, WeighsFoldedSpansBySumAndAtLeastOneEach) {
  const Trace trace =
      TraceBuilder().thread("t").on("d").untimed("a", 2us).folded("a", 2, 10'500ns).folded("short", 7, 10ns).build();
  EXPECT_EQ(flamegraph_collapsed(trace), "trace;d;a 13\ntrace;d;short 7");
}

TEST(FlamegraphCollapsed, CountsASampledSpanAsOftenAsItsWeightSays) {
  TraceEntry entry = make_entry(0, "a").with_device("d").with_duration(2us);
  Trace trace;
  entry.weight = 3;
  trace.add(entry);
  trace.folded.push_back({OpId{0}, DeviceId{0}, 1, 10ns, 0, 10ns, 4});  // five spans of 2 ns each
  EXPECT_EQ(flamegraph_collapsed(trace), "trace;d;a 11");
  entry.duration_us = 1e19;
  trace.add(entry);
  EXPECT_EQ(flamegraph_collapsed(trace), "trace;d;a 18446744073709551615");
}

TEST(FlamegraphCollapsed, NeedsNoTableOfPairsWhenAlmostEveryNameIsNew) {
  TraceBuilder builder;
  for (int i = 0; i < 400; ++i) builder.on("d" + std::to_string(i)).untimed("op" + std::to_string(i), 1us);
  builder.untimed("op399", 1us);
  const std::string text = flamegraph_collapsed(builder.build());
  EXPECT_EQ(std::ranges::count(text, '\n'), 399);
  EXPECT_NE(text.find("trace;d399;op399 2\n"), std::string::npos);
}

TEST(FlamegraphCollapsed, EqualsAMapOverEntriesForAnyTrace) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trace trace = random_trace(seed, true);
    trace.folded.clear();
    std::map<std::string, std::uint64_t> weights;
    for (std::size_t row = 0; row < trace.size(); ++row) {
      const TraceEntry entry = trace[row].to_entry();
      weights["trace;" + entry.device.value_or("unknown") + ";" + entry.operation] +=
          static_cast<std::uint64_t>(std::round(std::max(entry.duration_us, 1.0)));
    }
    std::string expected;
    for (const auto& [stack, weight] : weights) {
      expected += (expected.empty() ? "" : "\n") + stack + " " + std::to_string(weight);
    }
    EXPECT_EQ(flamegraph_collapsed(trace), expected);
  }
}

TEST(WriteCollapsed, EscapesWhatTheFormatCannotHoldAndEndsWithANewline) {
  const Trace trace = TraceBuilder().on("g;0").untimed("50%\r\nb c", 2us).build();
  EXPECT_EQ(written(trace), "trace;g%3B0;50%25%0D%0Ab c 2\n");
  EXPECT_EQ(written(Trace{}), "");
}

TEST(WriteCollapsed, KeepsNamesApartThatTheReferencesTextMerges) {
  const Trace trace = TraceBuilder().on("a;b").untimed("c", 1us).on("a").untimed("b;c", 2us).build();
  EXPECT_EQ(written(trace), "trace;a%3Bb;c 1\ntrace;a;b%3Bc 2\n");
}

TEST(WriteCollapsed, SaysSoWhenTheStreamFails) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  const Status status = write_collapsed(Trace{}, out);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
}

TEST(EscapeFrame, IsUndoneByUnescapeForAnyBytes) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string name;
    for (std::uint64_t left = random() % 12; left > 0; --left) {
      constexpr std::string_view kTricky = "%;\n\r235BADx \xFF";
      name += random() % 3 == 0 ? static_cast<char>(random()) : kTricky[random() % kTricky.size()];
    }
    const std::string frame = escape_frame(name);
    EXPECT_EQ(frame.find_first_of(";\n\r"), std::string::npos);
    ASSERT_EQ(unescape_frame(frame), name);
  }
}

TEST(EscapeFrame, IsUndoneByUnescapeForEveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string name{static_cast<char>(first), static_cast<char>(second)};
      ASSERT_EQ(unescape_frame(escape_frame(name)), name) << first << ' ' << second;
    }
  }
}

TEST(WriteCollapsed, EndsEveryLineInASpaceAndItsWeightWhateverTheNameEndsIn) {
  const Trace trace = TraceBuilder().on("d 1").untimed("a 5", 2us).untimed("a ", 3us).untimed("", 4us).build();
  EXPECT_EQ(written(trace), "trace;d 1; 4\ntrace;d 1;a  3\ntrace;d 1;a 5 2\n");
}

TEST(UnescapeFrame, RefusesWhatEscapeNeverWrites) {
  for (const char* frame : {"%", "%2", "%41", "%3b", "a;b", "a\nb"}) EXPECT_FALSE(unescape_frame(frame)) << frame;
}

}  // namespace
}  // namespace ringtail::inline v1
