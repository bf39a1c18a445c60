#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "ringtail/format/json.h"
#include "tests/support/hostile_trace.h"

namespace ringtail::inline v1 {
namespace {

// Rows [first, last) of a trace as a trace of their own, with tables of its own.
Trace slice(const Trace& trace, std::size_t first, std::size_t last) {
  Trace rows;
  for (std::size_t row = first; row < last; ++row) rows.add(trace[row].to_entry());
  return rows;
}

TEST(JsonTraceWriter, WritesTheBytesOfOneTraceWithAllRows) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Trace trace = HostileTrace(seed).make();
    const std::size_t middle = trace.size() / 3;
    std::ostringstream out;
    JsonTraceWriter writer(out);
    ASSERT_TRUE(writer.append(slice(trace, 0, middle)).ok());
    ASSERT_TRUE(writer.append(Trace{}).ok());
    ASSERT_TRUE(writer.append(slice(trace, middle, trace.size())).ok());
    ASSERT_TRUE(writer.finish(trace).ok());
    ASSERT_EQ(out.str(), to_json(trace)) << "seed " << seed;
  }
}

TEST(JsonTraceWriter, WritesAnEmptyTraceWithoutAnyAppend) {
  std::ostringstream out;
  ASSERT_TRUE(JsonTraceWriter(out).finish(Trace{}).ok());
  EXPECT_EQ(out.str(), to_json(Trace{}));
}

TEST(JsonTraceWriter, NamesARowByItsPlaceInTheFile) {
  std::ostringstream out;
  JsonTraceWriter writer(out);
  Trace rows;
  for (std::uint64_t step = 0; step < 3; ++step) rows.add(make_entry(step, "a"));
  ASSERT_TRUE(writer.append(rows).ok());
  const std::string before = out.str();
  TraceEntry bad = make_entry(3, "a");
  bad.duration_us = NAN;
  rows.add(bad);
  const Status status = writer.append(rows);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(status.error().message, "$.entries[6].duration_us: expected a finite number, found NaN");
  EXPECT_EQ(out.str(), before);
}

TEST(JsonTraceWriter, FindsAThreadOutsideTheTableAtTheEnd) {
  std::ostringstream out;
  JsonTraceWriter writer(out);
  Trace rows;
  for (const std::uint32_t thread : {0U, 2U, 2U}) {
    TraceEntry entry = make_entry(0, "a");
    entry.thread = ThreadId{thread};
    rows.add(entry);
  }
  ASSERT_TRUE(writer.append(rows).ok());
  Trace end;
  end.threads.resize(2);
  const Status status = writer.finish(end);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "$.entries[1].thread: expected an index below 2, found 2");
}

TEST(JsonTraceWriter, LeavesAFileThatNoReaderTakesForWholeWhenTheEndIsUnsupported) {
  std::ostringstream out;
  JsonTraceWriter writer(out);
  Trace rows;
  rows.add(make_entry(0, "a"));
  ASSERT_TRUE(writer.append(rows).ok());
  const std::string before = out.str();
  Trace end;
  end.total_duration_us = NAN;
  ASSERT_FALSE(writer.finish(end).ok());
  EXPECT_EQ(out.str(), before);
  EXPECT_FALSE(read_json(out.view()).ok());
}

#ifndef NDEBUG
TEST(JsonTraceWriterDeathTest, LetsNothingFollowTheEndOrAnError) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  constexpr const char* kMessage = "nothing may follow";
  std::ostringstream out;
  JsonTraceWriter writer(out);
  ASSERT_TRUE(writer.finish(Trace{}).ok());
  EXPECT_DEATH(static_cast<void>(writer.append(Trace{})), kMessage);
  EXPECT_DEATH(static_cast<void>(writer.finish(Trace{})), kMessage);

  JsonTraceWriter failed(out);
  Trace rows;
  rows.add(make_entry(0, "a").with_duration(Nanoseconds{1}));
  TraceEntry bad = make_entry(1, "a");
  bad.duration_us = NAN;
  rows.add(bad);
  ASSERT_FALSE(failed.append(rows).ok());
  EXPECT_DEATH(static_cast<void>(failed.append(Trace{})), kMessage);
  EXPECT_DEATH(static_cast<void>(failed.finish(Trace{})), kMessage);
}
#endif

TEST(JsonTraceWriter, ReportsAStreamThatFails) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  JsonTraceWriter writer(out);
  Trace rows;
  rows.add(make_entry(0, "a"));
  const Status status = writer.append(rows);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "byte 0: expected to write to the end, found a stream that failed");
}

}  // namespace
}  // namespace ringtail::inline v1
