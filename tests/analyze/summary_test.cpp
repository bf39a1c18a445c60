#include "ringtail/analyze/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_trace.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Pair;

TEST(OperationSummary, SumsCountDurationAndMemoryByName) {
  const Trace trace = TraceBuilder()
                          .shapes({}, {10})
                          .untimed("matmul", 100us)
                          .untimed("relu", 50us)
                          .shapes({}, {20})
                          .untimed("matmul", 200us)
                          .build();
  EXPECT_THAT(operation_summary(trace),
              ElementsAre(Pair("matmul", Summary{2, 300.0, 240}), Pair("relu", Summary{1, 50.0, 80})));
}

TEST(OperationSummary, IsEmptyForAnEmptyTrace) {
  EXPECT_TRUE(operation_summary(Trace{}).empty());
  EXPECT_TRUE(avg_duration_by_op(Trace{}).empty());
  EXPECT_TRUE(per_device_summary(Trace{}).empty());
}

TEST(OperationSummary, LeavesOutNamesThatNoSpanHas) {
  Trace trace = TraceBuilder().untimed("a", 1us).build();
  trace.op_names().intern("registered and never recorded");
  EXPECT_THAT(operation_summary(trace), ElementsAre(Key("a")));
}

TEST(OperationSummary, SortsNamesByBytes) {
  const Trace trace =
      TraceBuilder().untimed("b", 1us).untimed("\xC3\xA9", 1us).untimed("B", 1us).untimed("", 1us).build();
  EXPECT_THAT(operation_summary(trace), ElementsAre(Key(""), Key("B"), Key("b"), Key("\xC3\xA9")));
}

TEST(OperationSummary, IncludesFoldedSpansSoThatHolesInTheTimelineCostNothing) {
  const Trace trace =
      TraceBuilder().thread("main").bytes(100).untimed("a", 10us).folded("a", 3, 5us, 60).folded("b", 2, 1us).build();
  EXPECT_THAT(operation_summary(trace), ElementsAre(Pair("a", Summary{4, 15.0, 160}), Pair("b", Summary{2, 1.0, 0})));
}

TEST(OperationSummary, SaturatesMemoryInsteadOfWrapping) {
  const Trace trace = TraceBuilder().bytes(UINT64_MAX - 5).untimed("a", 1us).bytes(6).untimed("a", 1us).build();
  EXPECT_EQ(operation_summary(trace).at("a").total_memory_bytes, UINT64_MAX);
}

TEST(OperationSummary, AddsDurationsInTraceOrder) {
  const Trace trace = TraceBuilder().untimed_us("a", 1e16).untimed_us("a", 1.0).untimed_us("a", -1e16).build();
  EXPECT_EQ(operation_summary(trace).at("a").total_duration_us, (1e16 + 1.0) - 1e16);
}

TEST(AvgDurationByOp, DividesSumByCountAndCountsFoldedSpans) {
  const Trace trace =
      TraceBuilder().thread("main").untimed("add", 100us).folded("add", 1, 300us).untimed("mul", 7us).build();
  EXPECT_THAT(avg_duration_by_op(trace), ElementsAre(Pair("add", 200.0), Pair("mul", 7.0)));
}

TEST(PerDeviceSummary, TakesOnlySpansThatHaveADevice) {
  const Trace trace = TraceBuilder()
                          .thread("main")
                          .untimed("nowhere", 1us)
                          .folded("nowhere", 1, 1us)
                          .on("gpu:1")
                          .untimed("a", 2us)
                          .on("")
                          .untimed("a", 3us)
                          .folded("a", 4, 1us, 9)
                          .build();
  EXPECT_THAT(per_device_summary(trace),
              ElementsAre(Pair("", Summary{5, 4.0, 9}), Pair("gpu:1", Summary{1, 2.0, 0})));
}

TEST(Summaries, EqualAHandCountOverEntriesForAnyTrace) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Trace trace = random_trace(seed, seed % 2 == 0);
    std::map<std::string, Summary> ops;
    std::map<std::string, Summary> devices;
    const auto add = [](Summary& sum, std::uint64_t count, double us, std::uint64_t bytes) {
      sum.count += count;
      sum.total_duration_us += us;
      sum.total_memory_bytes =
          bytes > UINT64_MAX - sum.total_memory_bytes ? UINT64_MAX : sum.total_memory_bytes + bytes;
    };
    for (std::size_t row = 0; row < trace.size(); ++row) {
      const TraceEntry entry = trace[row].to_entry();
      add(ops[entry.operation], 1, entry.duration_us, entry.memory_bytes);
      if (entry.device) add(devices[*entry.device], 1, entry.duration_us, entry.memory_bytes);
    }
    for (const FoldedTotal& total : trace.folded) {
      const double us = to_microseconds(total.duration);
      add(ops[std::string(trace.operation(total.op))], total.count, us, total.bytes);
      if (const auto device = trace.device(total.device))
        add(devices[std::string(*device)], total.count, us, total.bytes);
    }
    EXPECT_EQ(operation_summary(trace), ops);
    EXPECT_EQ(per_device_summary(trace), devices);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
