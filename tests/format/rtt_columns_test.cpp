#include "format/rtt_columns.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "format/crc32c.h"

namespace ringtail::inline v1 {
namespace {

std::size_t bytes_of_column(const std::vector<std::uint64_t>& values) {
  ByteWriter out;
  write_column(out, values);
  // Once with nothing behind it, once with more.
  for (const std::size_t more : {0U, 64U}) {
    ByteWriter padded;
    padded.append(out.bytes());
    for (std::size_t i = 0; i < more; ++i) padded.fixed(std::uint8_t{0xFF});
    ByteReader in(padded.bytes());
    std::vector<std::uint64_t> read(values.size());
    read_column(in, read);
    EXPECT_TRUE(in.ok()) << in.problem()->text;
    EXPECT_EQ(in.left(), more);
    EXPECT_EQ(read, values);
  }
  return out.size();
}

TEST(RttColumns, AreReadAsTheyWereWrittenAtEveryWidth) {
  std::mt19937_64 random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    const std::uint64_t mask = width == 0 ? 0 : ~std::uint64_t{0} >> (64 - width);
    for (const std::size_t count : {1U, 2U, 3U, 255U, 256U, 257U, 1000U}) {
      const std::uint64_t base = random();
      std::vector<std::uint64_t> values(count);
      for (std::uint64_t& value : values) value = base + (random() & mask);
      bytes_of_column(values);
      std::uint64_t sum = base;
      for (std::uint64_t& value : values) value = sum += random() & mask;
      bytes_of_column(values);
    }
  }
}

TEST(RttColumns, TakeAFewBytesPerBlockForWhatIsConstantOrAscendsEvenly) {
  std::vector<std::uint64_t> values(64 * 1024, 7);
  EXPECT_EQ(bytes_of_column(values), 256U * 2);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i;
  EXPECT_LE(bytes_of_column(values), 256U * 5);
  EXPECT_EQ(bytes_of_column({}), 0U);
}

TEST(RttColumns, TakeTheBitsOfTheDifferencesWhereTheseAreSmaller) {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> values(256);
  std::uint64_t at = 1'000'000'000'000;
  for (std::uint64_t& value : values) value = at += 1'000 + random() % 64;
  EXPECT_EQ(bytes_of_column(values), 1U + 6 + 2 + (255 * 6 + 7) / 8);
}

TEST(Crc32c, GivesTheKnownCheckValue) {
  const char kDigits[] = "123456789";
  const auto digits = std::as_bytes(std::span(kDigits).first(9));
  EXPECT_EQ(crc32c(digits), 0xE306'9283U);
  EXPECT_EQ(crc32c_by_table(digits), 0xE306'9283U);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, IsTheSameByInstructionAndByTableForEveryLengthAndAlignment) {
  std::mt19937_64 random(1);
  std::vector<std::byte> bytes(300);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (std::size_t first = 0; first < 9; ++first) {
    for (std::size_t count = 0; count + first <= bytes.size(); ++count) {
      const auto part = std::span(bytes).subspan(first, count);
      ASSERT_EQ(crc32c(part), crc32c_by_table(part)) << first << ", " << count;
    }
  }
}

}  // namespace
}  // namespace ringtail::inline v1
