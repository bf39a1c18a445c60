#include "format/number_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "tests/support/hostile_trace.h"

namespace ringtail::inline v1 {
namespace {

std::string text_of(double value) {
  std::string text;
  append_double(text, value);
  return text;
}

struct Layout {
  double value;
  const char* text;
};

// The digits of a number without point, exponent and the zeros at its ends.
std::string digits_of(std::string_view number) {
  std::string digits;
  for (const char c : number.substr(0, number.find('e'))) {
    if (c >= '0' && c <= '9') digits += c;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return digits.substr(0, digits.find_last_not_of('0') + 1);
}

TEST(NumberText, WritesDurationsWithTheFewestDigitsThatReadBackTheSame) {
  HostileTrace random(11);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t ns = random.next() >> (14 + random.below(50));
    const double microseconds[] = {to_microseconds(Nanoseconds{static_cast<std::int64_t>(ns)}),
                                   static_cast<double>(ns) / 1e3, static_cast<double>(ns) * 1e-3,
                                   static_cast<double>(ns) / 1e4};
    for (const double us : microseconds) {
      char shortest[40];
      const char* end = std::to_chars(shortest, shortest + sizeof(shortest), us, std::chars_format::scientific).ptr;
      const std::string text = text_of(us);
      ASSERT_EQ(std::strtod(text.c_str(), nullptr), us) << text;
      ASSERT_EQ(digits_of(text), digits_of({shortest, static_cast<std::size_t>(end - shortest)})) << text;
    }
  }
}

TEST(NumberText, LaysDoublesOutAsTheReferenceDoes) {
  const Layout kLayouts[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-1.5, "-1.5"},
      {100.0, "100.0"},
      {500.0, "500.0"},
      {0.12100000000000001, "0.12100000000000001"},
      {0.1, "0.1"},
      {0.001, "0.001"},
      {0.00001, "0.00001"},
      {0.000012345, "0.000012345"},
      {1e-6, "1e-6"},
      {9.999e-6, "9.999e-6"},
      {3e-10, "3e-10"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e16"},
      {1e17, "1e17"},
      {123456789012345.6, "123456789012345.6"},
      {1234567890123456.0, "1234567890123456.0"},
      {9007199254740992.0, "9007199254740992.0"},
      {1.2345678901234568e18, "1.2345678901234568e18"},
      {12345678.9, "12345678.9"},
      {1e23, "1e23"},
      {9007199254740993e10, "9.007199254740994e25"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {1.7976931348623157e308, "1.7976931348623157e308"},
  };
  for (const Layout& layout : kLayouts) EXPECT_EQ(text_of(layout.value), layout.text);
}

TEST(NumberText, GivesEveryDoubleBackExactly) {
  HostileTrace random(20240607);
  for (int i = 0; i < 200'000; ++i) {
    const double value = random.finite();
    const std::string text = text_of(value);
    const std::optional<double> back = double_of(text);
    ASSERT_TRUE(back) << text;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*back), std::bit_cast<std::uint64_t>(value)) << text;
  }
}

// The oracle: printf with one digit more until the text reads back the same.
TEST(NumberText, UsesTheFewestDigits) {
  HostileTrace random(20240608);
  for (int i = 0; i < 20'000; ++i) {
    const double value = std::abs(random.finite());
    if (value == 0.0) continue;
    int fewest = 1;
    char text[64];
    for (; fewest <= 17; ++fewest) {
      std::snprintf(text, sizeof(text), "%.*e", fewest - 1, value);
      if (std::strtod(text, nullptr) == value) break;
    }
    std::string digits;
    for (const char c : text_of(value)) {
      if (c == 'e') break;
      if (c != '.') digits += c;
    }
    digits.erase(0, digits.find_first_not_of('0'));
    digits.erase(digits.find_last_not_of('0') + 1);
    ASSERT_LE(digits.size(), static_cast<std::size_t>(fewest)) << text << " against " << text_of(value);
  }
}

TEST(NumberText, WritesTheExtremesOfIntegers) {
  std::string text;
  append_integer(text, std::numeric_limits<std::uint64_t>::max());
  append_integer(text += ' ', std::numeric_limits<std::int64_t>::min());
  append_integer(text += ' ', std::uint64_t{0});
  EXPECT_EQ(text, "18446744073709551615 -9223372036854775808 0");
}

TEST(NumberText, RefusesWhatNoDoubleHoldsAndOnlyThat) {
  for (const std::string huge : {"1e309", "-1e999", "1.7976931348623159e308", "0.001e312", "1e9223372036854775808"}) {
    EXPECT_FALSE(double_of(huge)) << huge;
  }
  EXPECT_FALSE(double_of("1" + std::string(400, '0')));
  EXPECT_FALSE(double_of("0." + std::string(400, '0') + "1e800"));
  EXPECT_EQ(double_of("1" + std::string(400, '0') + "e-400"), 1.0);
}

TEST(NumberText, LetsSmallNumbersVanish) {
  for (const std::string tiny :
       {"1e-400", "0.0001e-330", "1e-9223372036854775809", "0e999", "0.000e99999999999999999999"}) {
    EXPECT_EQ(double_of(tiny), 0.0) << tiny;
  }
  EXPECT_TRUE(std::signbit(*double_of("-1e-400")));
  EXPECT_EQ(double_of("4e-324"), 5e-324);
  EXPECT_EQ(double_of("0." + std::string(5000, '0') + "1"), 0.0);
}

// Halfway between two doubles, and a digit far behind it: parsers that round on the way get these wrong.
TEST(NumberText, RoundsToTheNearestDoubleHoweverLongTheText) {
  EXPECT_EQ(double_of("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(double_of("9007199254740993." + std::string(900, '0') + "1"), 9007199254740994.0);
  EXPECT_EQ(double_of("8.512e17"), 8.512e17);
  EXPECT_EQ(double_of("2.2250738585072011e-308"), 2.2250738585072011e-308);
}

}  // namespace
}  // namespace ringtail::inline v1
