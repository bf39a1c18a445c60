#include "ringtail/analyze/straggler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
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

// One in `one_in` of 400 spans of 1 to 100 us on each of four devices; `factor` times as long on the last.
Trace sampled(std::uint32_t one_in, double factor, std::mt19937_64& random) {
  TraceBuilder builder;
  builder.weight(one_in);
  for (int device = 0; device < 4; ++device) {
    builder.on("gpu:" + std::to_string(device));
    for (int i = 0; i < 400; ++i) {
      const double us = static_cast<double>(1 + i % 100) * (device == 3 ? factor : 1.0);
      if (random() % one_in == 0) builder.span("matmul", 0us, to_nanoseconds(us));
    }
  }
  return builder.build();
}

TEST(CompareCompute, DoesNotTakeTheChanceOfASampleForAStraggler) {
  std::mt19937_64 random(7);
  for (const std::uint32_t one_in : {4U, 16U}) {
    int named = 0;
    for (int i = 0; i < 100; ++i) {
      const auto comparison = compare_compute(sampled(one_in, 1.0, random));
      named += comparison && comparison->is_straggler ? 1 : 0;
    }
    EXPECT_LE(named, 3) << "1 in " << one_in;
  }
}

TEST(CompareCompute, NamesAStragglerThatASampleShows) {
  std::mt19937_64 random(7);
  int named = 0;
  for (int i = 0; i < 100; ++i) {
    const auto comparison = compare_compute(sampled(4, 3.0, random));
    named += comparison && comparison->is_straggler && comparison->device == "gpu:3" ? 1 : 0;
  }
  EXPECT_GE(named, 97);
}

TEST(CompareCompute, IsNothingForOneDevice) {
  EXPECT_FALSE(compare_compute(TraceBuilder().on("a").span("matmul", 0us, 1us).build()).has_value());
}

}  // namespace
}  // namespace ringtail::inline v1
