#include "lib/format/lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ringtail::inline v1 {
namespace {

struct Interval {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct LanesCase {
  const char* what;
  std::vector<Interval> spans;
  std::vector<std::size_t> lanes;
};

TEST(Lanes, PutSpansThatNestOrFollowOnOneLaneAndOthersOnFurtherOnes) {
  const LanesCase kCases[] = {
      {"one after the other", {{0, 5}, {5, 9}, {10, 12}}, {0, 0, 0}},
      {"nested", {{0, 10}, {0, 4}, {4, 10}, {5, 6}}, {0, 0, 0, 0}},
      {"equal", {{1, 3}, {1, 3}}, {0, 0}},
      {"no length", {{0, 5}, {5, 5}, {5, 5}}, {0, 0, 0}},
      {"partly over each other", {{0, 10}, {5, 15}}, {0, 1}},
      {"the second lane is used again", {{0, 10}, {5, 15}, {12, 30}, {15, 40}}, {0, 1, 0, 1}},
      {"nested on the second lane", {{0, 10}, {5, 15}, {6, 12}}, {0, 1, 1}},
      {"three at once", {{0, 10}, {5, 15}, {6, 20}}, {0, 1, 2}},
      {"the emptied lane before a new one", {{0, 100}, {1, 5}, {2, 110}, {3, 120}, {115, 130}}, {0, 0, 1, 2, 0}},
  };
  for (const LanesCase& c : kCases) {
    Lanes lanes;
    std::vector<std::size_t> placed;
    for (const Interval& span : c.spans) placed.push_back(lanes.place(span.begin, span.end));
    EXPECT_EQ(placed, c.lanes) << c.what;
    EXPECT_EQ(lanes.count(), *std::ranges::max_element(c.lanes) + 1) << c.what;
  }
}

bool nest_or_disjoint(const Interval& a, const Interval& b) {
  const bool disjoint = a.end <= b.begin || b.end <= a.begin;
  const bool nested = (a.begin <= b.begin && b.end <= a.end) || (b.begin <= a.begin && a.end <= b.end);
  return disjoint || nested;
}

TEST(Lanes, KeepEveryPairOfALaneNestedOrDisjoint) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<Interval> spans(random() % 60 + 1);
    const std::uint64_t range = 1 + random() % 80;
    for (Interval& span : spans) {
      span.begin = random() % range;
      span.end = span.begin + random() % range;
    }
    std::ranges::sort(spans, [](const Interval& a, const Interval& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
    Lanes lanes;
    std::vector<std::size_t> lane;
    for (const Interval& span : spans) lane.push_back(lanes.place(span.begin, span.end));
    for (std::size_t i = 0; i < spans.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        ASSERT_TRUE(lane[i] != lane[j] || nest_or_disjoint(spans[i], spans[j])) << i << " and " << j;
      }
    }
  }
}

TEST(Lanes, TakeAHundredThousandMutualOverlapsWithoutComparingAllPairs) {
  Lanes lanes;
  constexpr std::uint64_t kSpans = 100'000;
  for (std::uint64_t i = 0; i < kSpans; ++i) lanes.place(i, kSpans + i);
  EXPECT_EQ(lanes.count(), kSpans);
}

}  // namespace
}  // namespace ringtail::inline v1
