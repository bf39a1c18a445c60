#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>

#include "ringtail/record/fold_table.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

TEST(FoldTableThreads, ReadsWholeFoldsWhileTheProducerGoesOn) {
  FoldTable table(8);
  std::atomic<bool> done{false};
  const long folds = ringtail::testing::scaled(3'000'000);
  std::thread producer([&] {
    Record record;
    for (long i = 0; i < folds; ++i) {
      // Every fold adds 3 to the duration and 5 to the bytes of one of two cells.
      record.op = OpId{static_cast<std::uint32_t>(i % 2)};
      record.begin = static_cast<std::uint64_t>(i);
      record.end = record.begin + 3;
      record.bytes = 5;
      table.fold(record.begin, record.end, record.bytes, op_device(record.op, record.device), record.flags,
                 FoldTable::Why::kNoRoom, 1);
    }
    done = true;
  });
  std::uint64_t last = 0;
  bool ended = false;
  while (!ended) {
    ended = done;
    const auto totals = table.read(1);
    if (!totals) continue;
    std::uint64_t count = 0;
    for (const FoldTable::Total& total : *totals) {
      ASSERT_EQ(total.duration, 3 * total.count);
      ASSERT_EQ(total.bytes, 5 * total.count);
      ASSERT_EQ(total.last, total.first + 2 * (total.count - 1) + 3);
      count += total.count;
    }
    ASSERT_GE(count, last);
    last = count;
  }
  producer.join();
  EXPECT_EQ(last, static_cast<std::uint64_t>(folds));
}

}  // namespace
}  // namespace ringtail::inline v1
