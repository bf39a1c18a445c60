#include "lib/format/json_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ringtail {
namespace {

template <class... T>
std::string text_of(void (*append)(std::string&, T...), T... value) {
  std::string out;
  append(out, value...);
  return out;
}

std::string quoted_json(std::string_view text) { return text_of(append_json_string, text); }

TEST(JsonString, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(quoted_json(std::string_view("a\"\\\n\r\t\0\x1f\x7f", 9)), "\"a\\\"\\\\\\n\\r\\t\\u0000\\u001f\x7f\"");
}

TEST(JsonString, KeepsUtf8AndReplacesEveryBrokenPart) {
  struct Case {
    const char* bytes;
    const char* expected;
  };
  const Case kCases[] = {
      {"é😀\xF4\x8F\xBF\xBF", "\"é😀\xF4\x8F\xBF\xBF\""},
      {"\xFF", "\"\uFFFD\""},
      {"a\x80z", "\"a\uFFFDz\""},
      {"\xC0\xAF", "\"\uFFFD\uFFFD\""},                      // overlong
      {"\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\""},            // a surrogate
      {"\xF4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\""},  // past U+10FFFF
      {"\xE2\x82", "\"\uFFFD\""},                            // cut off: one maximal part
      {"\xE2\x82q", "\"\uFFFDq\""},
      {"\xF0\x9F\x98\"", "\"\uFFFD\\\"\""},  // a quote never hides in a broken character
  };
  for (const Case& c : kCases) EXPECT_EQ(quoted_json(c.bytes), c.expected);
}

TEST(JsonInteger, QuotesWhatADoubleCannotHold) {
  EXPECT_EQ(text_of<std::uint64_t>(append_json_integer, 9007199254740992), "9007199254740992");
  EXPECT_EQ(text_of<std::uint64_t>(append_json_integer, 9007199254740993), "\"9007199254740993\"");
  EXPECT_EQ(text_of<std::int64_t>(append_json_integer, -5), "-5");
  EXPECT_EQ(text_of<std::int64_t>(append_json_integer, INT64_MIN), "\"-9223372036854775808\"");
}

TEST(JsonDouble, IsNullWhereJsonHasNoNumber) {
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
}  // namespace ringtail
