#include "ringtail/analyze/straggler.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/trace_builder.h"

namespace ringtail {
namespace {

using namespace std::chrono_literals;

TEST(CompareCompute, LeavesCommunicationOut) {
  const Trace trace = TraceBuilder()
                          .on("gpu:0")
                          .span("matmul", 0us, 10us)
                          .span("allreduce", 10us, 90us)
                          .on("gpu:1")
                          .span("matmul", 0us, 30us)
                          .build();
  const auto comparison = compare_compute(trace);
  ASSERT_TRUE(comparison.has_value());
  EXPECT_EQ(comparison->device, "gpu:1");
  EXPECT_DOUBLE_EQ(comparison->times, 3.0);
  EXPECT_TRUE(comparison->is_straggler);
  EXPECT_DOUBLE_EQ(comparison->others_communication_us, 80.0);
}

TEST(CompareCompute, ComparesWithTheMedianOfTheOthers) {
  const Trace trace = TraceBuilder()
                          .on("a")
                          .span("matmul", 0us, 1us)
                          .on("b")
                          .span("matmul", 0us, 10us)
                          .on("c")
                          .span("matmul", 0us, 10us)
                          .on("d")
                          .span("matmul", 0us, 11us)
                          .build();
  EXPECT_DOUBLE_EQ(compare_compute(trace)->times, 1.1);
  EXPECT_FALSE(compare_compute(trace)->is_straggler);
}

TEST(CompareCompute, CountsFoldedSpans) {
  const Trace trace = TraceBuilder()
                          .on("a")
                          .thread("w")
                          .span("matmul", 0us, 10us)
                          .on("b")
                          .span("matmul", 0us, 10us)
                          .folded("matmul", 5, 40us)
                          .build();
  EXPECT_DOUBLE_EQ(compare_compute(trace)->times, 5.0);
}

TEST(CompareCompute, IsNothingForOneDevice) {
  EXPECT_FALSE(compare_compute(TraceBuilder().on("a").span("matmul", 0us, 1us).build()).has_value());
}

}  // namespace
}  // namespace ringtail
