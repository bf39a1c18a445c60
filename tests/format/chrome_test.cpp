#include "ringtail/format/chrome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "tests/support/golden_traces.h"
#include "tests/support/json_syntax.h"
#include "tests/support/random_trace.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::string written(const Trace& trace) {
  std::ostringstream out;
  EXPECT_TRUE(write_chrome(trace, out).ok());
  return out.str();
}

std::size_t count_of(std::string_view what, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(WriteChrome, WritesProcessesRowsEventsAndTheRest) {
  const Trace trace = TraceBuilder()
                          .on("gpu:0")
                          .thread("main")
                          .shapes({{2, 3}, {}}, {3})
                          .queued(1500ns)
                          .span("mat\"mul", 1ns, 2'003'001ns)
                          .build();
  EXPECT_EQ(written(trace), R"({"traceEvents":[
{"ph":"M","pid":1,"name":"process_name","args":{"name":"gpu:0"}},
{"ph":"M","pid":1,"name":"process_sort_index","args":{"sort_index":0}},
{"ph":"M","pid":1,"tid":2,"name":"thread_name","args":{"name":"main"}},
{"ph":"M","pid":1,"tid":2,"name":"thread_sort_index","args":{"sort_index":0}},
{"ph":"X","cat":"op","name":"mat\"mul","pid":1,"tid":2,"ts":0.001,"dur":2003.000,"args":{"input_shapes":[[2,3],[]],"output_shape":[3],"elements":3,"bytes":24,"queue_delay_us":1.500,"step":0}}
],
"displayTimeUnit":"ms",
"otherData":{"producer":"ringtail","timeline":"measured","rows":1,"total_duration_us":2003,"threads":[{"name":"main","os_id":0,"attempted":1,"recorded":1,"folded":0,"shapes_dropped":0,"clock_steps":0}]}}
)");
}

TEST(WriteChrome, GivesTheWeightOfASampledSpan) {
  Trace trace;
  trace.add(make_entry(0, "a"));
  EXPECT_THAT(written(trace), Not(HasSubstr("weight")));
  TraceEntry entry = make_entry(1, "a");
  entry.weight = 8;
  trace.add(entry);
  EXPECT_THAT(written(trace), HasSubstr(R"("step":1,"weight":8}})"));
}

TEST(WriteChrome, WritesAnEmptyTrace) {
  EXPECT_TRUE(is_json(written(Trace{})));
  EXPECT_THAT(written(Trace{}), HasSubstr("\"rows\":0"));
}

TEST(WriteChrome, SaysThatTheTimelineIsSyntheticWhereThereAreNoStartTimes) {
  EXPECT_THAT(written(inconsistent_trace()), HasSubstr(R"("timeline":"synthetic: no start times")"));
  EXPECT_THAT(written(TraceBuilder().span("a", 0ns, 1ns).untimed("a", 1ns).build()),
              HasSubstr(R"("timeline":"partly synthetic: 1 of 2 rows have no start times")"));
}

TEST(WriteChrome, KeepsTheShiftOfTimesBeforeTheOrigin) {
  EXPECT_THAT(written(TraceBuilder().span("a", -7ns, 1ns).build()), HasSubstr(R"("ts_shift_ns":7)"));
}

TEST(WriteChrome, TellsOfFoldedSpansLossesOpenSpansOriginAndMetadata) {
  Trace trace =
      TraceBuilder().thread("t").on("gpu:0").folded("a", 3, 9us, 80).on_no_device().folded("b", 1, 1us).build();
  trace.open_spans.push_back({ThreadId{0}, OpId{0}, DeviceId{0}, 2, -5ns});
  trace.origin = Origin{7ns, 9ns, "CLOCK_MONOTONIC"};
  trace.metadata = {{"model", "x\ny"}};
  const std::string text = written(trace);
  EXPECT_TRUE(is_json(text));
  EXPECT_THAT(text, HasSubstr(R"("origin":{"monotonic_ns":7,"realtime_ns":9,"clock":"CLOCK_MONOTONIC"})"));
  EXPECT_THAT(text, HasSubstr(R"("metadata":{"model":"x\ny"})"));
  EXPECT_THAT(text, HasSubstr(R"({"operation":"a","device":"gpu:0","count":3,"duration_ns":9000,"bytes":80,)"));
  EXPECT_THAT(text,
              HasSubstr(R"({"thread":0,"device":null,"cause":"ring full","count":1,"first_ns":0,"last_ns":1000})"));
  EXPECT_THAT(text,
              HasSubstr(R"("open_spans":[{"thread":0,"operation":"a","device":"gpu:0","depth":2,"begin_ns":-5}])"));
}

TEST(WriteChrome, NamesADeviceWhoseNameIsEmptyBecausePerfettoRefusesIt) {
  const std::string text = written(TraceBuilder().on("").span("", 0ns, 1ns).build());
  EXPECT_THAT(text, HasSubstr(R"("process_name","args":{"name":"device without a name"})"));
}

TEST(WriteChrome, MarksShapesThatWereDropped) {
  TraceEntry entry = make_entry(0, "a");
  entry.shapes_dropped = true;
  EXPECT_THAT(written(TraceBuilder().entry(entry).build()), HasSubstr(R"("shapes":"dropped")"));
}

TEST(WriteChrome, NeverWritesWhatIsNoNumber) {
  Trace trace = TraceBuilder().untimed_us("a", std::numeric_limits<double>::quiet_NaN()).build();
  const std::string text = written(trace);
  EXPECT_TRUE(is_json(text)) << text;
  EXPECT_THAT(text, HasSubstr(R"("total_duration_us":null)"));
  EXPECT_THAT(text, HasSubstr(R"("durations_cut":1)"));
}

TEST(WriteChrome, IsJsonWithOneEventPerRowForAnyTrace) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Trace trace = random_trace(seed, seed % 2 == 0);
    const std::string text = written(trace);
    EXPECT_TRUE(is_json(text));
    EXPECT_EQ(count_of(R"({"ph":"X",)", text), trace.size());
    EXPECT_THAT(text, Not(HasSubstr("\xFF")));
  }
}

TEST(WriteChrome, SaysSoWhenTheStreamFails) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  const Status status = write_chrome(Trace{}, out);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace ringtail::inline v1
