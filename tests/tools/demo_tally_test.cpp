#include "tools/ringtail/demo/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/trace_builder.h"
#include "tools/ringtail/demo/categories.h"

namespace ringtail::demo {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Ten matrix products and five all-reduces of 8 bytes each.
Tally executed() {
  Tally tally;
  tally.add("forward.matmul", "gpu:0", {10, 80});
  tally.add("allreduce.wait", "gpu:0", {5, 40});
  return tally;
}

Trace traced(int products, int allreduces, const std::vector<TraceCategory>& categories = {},
             std::uint64_t sampled_out = 0) {
  TraceBuilder builder;
  builder.thread("worker").on("gpu:0").bytes(8).sampled_out(sampled_out);
  for (int i = 0; i < products; ++i) builder.untimed("forward.matmul", 1us);
  for (int i = 0; i < allreduces; ++i) builder.untimed("allreduce.wait", 1us);
  for (const TraceCategory& category : categories) builder.category(category);
  return builder.build();
}

TEST(TallyComparison, WantsEverySpanOfATraceThatIsWhole) {
  EXPECT_EQ(compare(executed(), traced(10, 5)).first_difference, "");
  EXPECT_THAT(compare(executed(), traced(9, 5)).first_difference,
              HasSubstr("forward.matmul on gpu:0: executed 10 spans"));
}

TEST(TallyComparison, TakesASampleAsLongAsEverySpanIsAccountedFor) {
  const std::vector<TraceCategory> sampled = {{.name = "op", .one_in = 4}};
  const TallyComparison counts = compare(executed(), traced(3, 5, sampled, 7));
  EXPECT_EQ(counts.first_difference, "");
  EXPECT_EQ(counts.sampled_out, 7U);
  EXPECT_EQ(compare(executed(), traced(3, 5, sampled, 6)).first_difference, "in all: executed 15 spans, known of 14");
  EXPECT_NE(compare(executed(), traced(11, 5, sampled)).first_difference, "");
  EXPECT_THAT(compare(executed(), traced(3, 4, sampled, 8)).first_difference, HasSubstr("allreduce.wait"));
  const std::vector<TraceCategory> governed = {{.name = "op", .governed = true}};
  EXPECT_EQ(compare(executed(), traced(3, 5, governed, 7)).first_difference, "");
}

TEST(TallyComparison, WantsNoSpanOfACategoryThatIsOff) {
  const std::vector<TraceCategory> off = {{.name = "comm", .recorded = false}};
  const TallyComparison counts = compare(executed(), traced(10, 0, off));
  EXPECT_EQ(counts.first_difference, "");
  EXPECT_EQ(counts.switched_off, 5U);
  EXPECT_NE(compare(executed(), traced(10, 1, off)).first_difference, "");
}

TEST(CategoryOf, GroupsTheOperationsOfTheDemo) {
  const std::pair<const char*, Category> kCases[] = {
      {"forward.matmul", Category::kOp},
      {"optimizer.sgd", Category::kOp},
      {"softmax_cross_entropy", Category::kOp},
      {"recv.batch", Category::kComm},
      {"allreduce.wait", Category::kComm},
      {"allreduce.all_gather", Category::kComm},
      {"verify.copy", Category::kMemory},
      {"verify.sum", Category::kHost},
      {"load", Category::kHost},
  };
  for (const auto& [op, category] : kCases) EXPECT_TRUE(category_of(op) == category) << op;
}

}  // namespace
}  // namespace ringtail::demo
