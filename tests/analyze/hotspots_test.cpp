#include "ringtail/analyze/hotspots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_trace.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::vector<std::uint64_t> steps(const std::vector<EntryView>& entries) {
  std::vector<std::uint64_t> steps;
  for (const EntryView& entry : entries) steps.push_back(entry.step());
  return steps;
}

TEST(MemoryHotspots, TakesRowsStrictlyAboveTheThresholdInTraceOrder) {
  const Trace trace =
      TraceBuilder().bytes(30).untimed("a", 1us).bytes(10).untimed("b", 1us).bytes(11).untimed("c", 1us).build();
  EXPECT_THAT(steps(memory_hotspots(trace, 10)), ElementsAre(0, 2));
  EXPECT_TRUE(memory_hotspots(trace, UINT64_MAX).empty());
}

TEST(MemoryHotspots, LeavesOutRowsWithoutMemoryAlsoAtThresholdZero) {
  const Trace trace = TraceBuilder().untimed("a", 1us).bytes(1).untimed("b", 1us).build();
  EXPECT_THAT(steps(memory_hotspots(trace, 0)), ElementsAre(1));
}

TEST(MemoryHotspots, DerivesMemoryFromShapesAsWellAsFromStoredBytes) {
  TraceBuilder builder;
  builder.shapes({}, {1000}).untimed("big", 1us).shapes({}, {1}).untimed("small", 1us);
  EXPECT_THAT(steps(memory_hotspots(builder.build(), 500)), ElementsAre(0));
  builder.bytes(501).untimed("said", 1us);
  EXPECT_THAT(steps(memory_hotspots(builder.build(), 500)), ElementsAre(0, 2));
}

TEST(MemoryHotspots, EqualAFilterOverEntriesForAnyTrace) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Trace trace = random_trace(seed, true);
    std::vector<std::uint64_t> expected;
    for (std::size_t row = 0; row < trace.size(); ++row) {
      if (trace[row].to_entry().memory_bytes > 100) expected.push_back(trace[row].step());
    }
    EXPECT_EQ(steps(memory_hotspots(trace, 100)), expected);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
