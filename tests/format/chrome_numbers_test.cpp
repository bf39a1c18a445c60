#include "format/chrome_numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ringtail::inline v1 {
namespace {

template <class... T>
std::string text_of(void (*append)(std::string&, T...), T... value) {
  std::string out;
  append(out, value...);
  return out;
}

TEST(ChromeNumbers, QuotesWhatADoubleCannotHold) {
  EXPECT_EQ(text_of<std::uint64_t>(append_json_integer, 9007199254740992), "9007199254740992");
  EXPECT_EQ(text_of<std::uint64_t>(append_json_integer, 9007199254740993), "\"9007199254740993\"");
  EXPECT_EQ(text_of<std::int64_t>(append_json_integer, -5), "-5");
  EXPECT_EQ(text_of<std::int64_t>(append_json_integer, INT64_MIN), "\"-9223372036854775808\"");
}

TEST(ChromeNumbers, IsNullWhereJsonHasNoNumber) {
  EXPECT_EQ(text_of(append_json_double, 0.1), "0.1");
  EXPECT_EQ(text_of(append_json_double, std::nan("")), "null");
  EXPECT_EQ(text_of(append_json_double, -std::numeric_limits<double>::infinity()), "null");
}

TEST(Microseconds, HaveExactlyThreeDecimals) {
  EXPECT_EQ(text_of<std::uint64_t>(append_microseconds, 0), "0.000");
  EXPECT_EQ(text_of<std::uint64_t>(append_microseconds, 1'002'030), "1002.030");
  EXPECT_EQ(text_of<Nanoseconds>(append_microseconds, Nanoseconds{-7}), "-0.007");
  EXPECT_EQ(text_of<Nanoseconds>(append_microseconds, Nanoseconds::min()), "-9223372036854775.808");
}

}  // namespace
}  // namespace ringtail::inline v1
