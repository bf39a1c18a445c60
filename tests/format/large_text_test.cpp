#include "format/large_text.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "ringtail/format/json.h"

namespace ringtail::inline v1 {
namespace {

TEST(LargeText, HoldsWhatWasAppendedInPiecesOfAnySize) {
  LargeText text;
  std::string expected;
  for (const std::size_t size : {0U, 3U, 6'000'000U, 1U, 5'000'000U, 20U}) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    text.append(piece);
    expected += piece;
  }
  EXPECT_TRUE(std::move(text).take() == expected);
}

TEST(LargeText, GrowsAsItCanWhenItCannotHaveWhatIsExpected) {
  LargeText text;
  text.expect(SIZE_MAX / 2);
  text.append("abc");
  EXPECT_EQ(std::move(text).take(), "abc");
}

TEST(LargeText, ReservesNoLongNameForEveryRow) {
  Trace trace;
  trace.add(make_entry(0, std::string(2'000'000, 'x')));
  for (std::uint64_t step = 1; step < 20'000; ++step) trace.add(make_entry(step, "a"));
  EXPECT_LT(to_json(trace).capacity(), 32'000'000U);  // 80 MB if each 512 rows were as long as the first
}

}  // namespace
}  // namespace ringtail::inline v1
