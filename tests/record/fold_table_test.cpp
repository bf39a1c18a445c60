#include "ringtail/record/fold_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ringtail/record/category.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::uint16_t kRun = 1;

Record record_of(std::uint32_t op, std::uint32_t device, std::uint64_t begin, std::uint64_t end,
                 std::uint64_t bytes = 0, std::uint16_t flags = 0) {
  Record record;
  record.op = OpId{op};
  record.device = DeviceId{device};
  record.begin = begin;
  record.end = end;
  record.bytes = bytes;
  record.flags = flags;
  return record;
}

void fold(FoldTable& table, const Record& record, std::uint16_t run, FoldTable::Why why = FoldTable::Why::kNoRoom) {
  table.fold(record.begin, record.end, record.bytes, op_device(record.op, record.device), record.flags, why, run);
}

std::uint64_t count_of(const std::vector<FoldTable::Total>& totals) {
  std::uint64_t count = 0;
  for (const FoldTable::Total& total : totals) count += total.count;
  return count;
}

TEST(FoldTable, IsEmptyBeforeTheFirstFold) { EXPECT_TRUE(FoldTable(8).read(kRun)->empty()); }

TEST(FoldTable, KeepsATotalPerOpAndDevice) {
  FoldTable table(8);
  fold(table, record_of(1, 0, 10, 15, 100), kRun);
  fold(table, record_of(1, 0, 3, 5, 50), kRun);
  fold(table, record_of(1, 1, 20, 21), kRun);
  const auto totals = table.read(kRun);
  ASSERT_EQ(totals->size(), 2U);
  const auto first = std::ranges::find(*totals, DeviceId{0}, &FoldTable::Total::device);
  ASSERT_NE(first, totals->end());
  EXPECT_EQ(first->count, 2U);
  EXPECT_EQ(first->duration, 7U);
  EXPECT_EQ(first->bytes, 150U);
  EXPECT_EQ(first->longest, 5U);
  EXPECT_EQ(first->first, 3U);
  EXPECT_EQ(first->last, 15U);
}

TEST(FoldTable, KeepsTicksAndNanosecondsApart) {
  FoldTable table(8);
  fold(table, record_of(1, 0, 0, 5), kRun);
  fold(table, record_of(1, 0, 0, 7, 0, kTimesAreNanoseconds), kRun);
  EXPECT_EQ(table.read(kRun)->size(), 2U);
}

TEST(FoldTable, CountsSpansWithoutADevice) {
  FoldTable table(8);
  fold(table, record_of(kOpMask, index_of(kNoDevice), 0, 5), kRun);
  ASSERT_EQ(table.read(kRun)->size(), 1U);
  EXPECT_EQ(table.read(kRun)->front().device, kNoDevice);
  EXPECT_EQ(table.read(kRun)->front().op, OpId{kOpMask});
}

TEST(FoldTable, SharesACellOnceItIsFull) {
  FoldTable table(8);
  for (std::uint32_t op = 0; op < 100; ++op) fold(table, record_of(op, 0, 0, 1), kRun);
  const auto totals = table.read(kRun);
  EXPECT_EQ(totals->size(), 8U);
  EXPECT_EQ(count_of(*totals), 100U);
  EXPECT_EQ(std::ranges::count(*totals, true, &FoldTable::Total::other), 1);
}

TEST(FoldTable, ForgetsAnEarlierRunAtTheFirstFoldOfTheNext) {
  FoldTable table(8);
  fold(table, record_of(1, 0, 0, 1), kRun);
  EXPECT_TRUE(table.read(kRun + 1)->empty());
  fold(table, record_of(2, 0, 0, 1), kRun + 1);
  ASSERT_EQ(table.read(kRun + 1)->size(), 1U);
  EXPECT_EQ(table.read(kRun + 1)->front().op, OpId{2});
  table.clear();
  EXPECT_TRUE(table.read(kRun + 1)->empty());
}

TEST(FoldTable, SaturatesBytes) {
  FoldTable table(8);
  for (int i = 0; i < 3; ++i) fold(table, record_of(1, 0, 0, 1, ~std::uint64_t{0} / 2), kRun);
  EXPECT_EQ(table.read(kRun)->front().bytes, ~std::uint64_t{0});
}

TEST(FoldTable, CountsASampledSpanAsOftenAsItsWeightSays) {
  FoldTable table(8);
  fold(table, record_of(1, 0, 0, 10, 100, 3U << kWeightShift), kRun);
  fold(table, record_of(1, 0, 20, 21, 1), kRun);
  const auto totals = table.read(kRun);
  ASSERT_EQ(totals->size(), 1U);
  EXPECT_EQ(totals->front().count, 2U);
  EXPECT_EQ(totals->front().extra, 7U);
  EXPECT_EQ(totals->front().duration, 81U);
  EXPECT_EQ(totals->front().bytes, 801U);
  EXPECT_EQ(totals->front().longest, 10U);
}

TEST(FoldTable, KeepsWhatWasFilteredApartFromWhatFoundNoRoom) {
  FoldTable table(8);
  fold(table, record_of(1, 0, 0, 10), kRun);
  fold(table, record_of(1, 0, 0, 1), kRun, FoldTable::Why::kFiltered);
  const auto totals = table.read(kRun);
  ASSERT_EQ(totals->size(), 2U);
  EXPECT_EQ(std::ranges::count(*totals, true, &FoldTable::Total::filtered), 1);
  for (const FoldTable::Total& total : *totals) {
    EXPECT_EQ(total.op, OpId{1});
    EXPECT_EQ(total.duration, total.filtered ? 1U : 10U);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
