// Names and shape signatures as ids.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "ringtail/trace/names.h"
#include "ringtail/trace/signatures.h"

namespace ringtail {
namespace {

TEST(NameTable, GivesEqualNamesOneId) {
  NameTable names;
  EXPECT_EQ(names.intern("matmul"), 0U);
  EXPECT_EQ(names.intern(""), 1U);
  EXPECT_EQ(names.intern(std::string("mat") + "mul"), 0U);
  EXPECT_EQ(names.intern(std::string_view("a\0b", 3)), 2U);
  EXPECT_EQ(names.intern("a"), 3U);
  EXPECT_EQ(names.at(2), std::string_view("a\0b", 3));
  EXPECT_EQ(names.find("nowhere"), std::nullopt);
  EXPECT_EQ(names.size(), 4U);
}

TEST(NameTable, AgreesWithAMapOnRandomNames) {
  std::mt19937_64 random(11);
  NameTable names;
  std::map<std::string, std::uint32_t> expected;
  for (int i = 0; i < 20'000; ++i) {
    std::string name(random() % 24, 'x');
    for (char& c : name) c = static_cast<char>('a' + random() % 3);
    const auto [it, is_new] = expected.try_emplace(name, names.size());
    ASSERT_EQ(names.intern(name), it->second);
    ASSERT_EQ(names.at(it->second), name);
  }
  NameTable copy = names;
  for (const auto& [name, id] : expected) ASSERT_EQ(copy.find(name), id);
}

TEST(SignatureTable, GivesEqualSignaturesOneId) {
  SignatureTable table;
  const std::vector<std::uint64_t> a{2, 3};
  const std::vector<std::uint64_t> b{3, 4};
  const auto intern = [&](bool output, std::uint32_t element_bytes) {
    SignatureBuilder builder;
    builder.add_input(a);
    builder.add_input(b);
    if (output) builder.set_output(a);
    return table.intern(builder.finish(element_bytes));
  };
  const ShapesId with = intern(true, 4);
  EXPECT_EQ(intern(true, 4), with);
  EXPECT_NE(intern(true, 8), with);
  EXPECT_NE(intern(false, 4), with);
  const Signature signature = table.at(with);
  EXPECT_EQ(signature.input_count(), 2U);
  EXPECT_EQ(std::ranges::distance(signature.inputs()), 2);
  EXPECT_EQ(signature.output().size(), 2U);
  EXPECT_EQ(table.elements(with), 6U);
  EXPECT_EQ(table.bytes(with), 24U);
}

TEST(SignatureTable, TellsAFlatShapeFromItsParts) {
  SignatureTable table;
  const std::vector<std::uint64_t> both{1, 2};
  const std::vector<std::uint64_t> one{1};
  const std::vector<std::uint64_t> two{2};
  SignatureBuilder flat;
  flat.add_input(both);
  SignatureBuilder parts;
  parts.add_input(one);
  parts.add_input(two);
  EXPECT_NE(table.intern(flat.finish()), table.intern(parts.finish()));
}

TEST(SignatureTable, SaysNothingInItsReservedRows) {
  const SignatureTable table;
  for (const ShapesId id : {kNoShapes, kDroppedShapes}) {
    EXPECT_EQ(table.elements(id), 0U);
    EXPECT_EQ(table.bytes(id), 0U);
    EXPECT_FALSE(table.at(id).has_output());
    EXPECT_TRUE(table.at(id).inputs().empty());
  }
}

TEST(ElementBytes, AreWhatMakesTheBytesOfTheElements) {
  EXPECT_EQ(element_bytes_of(6, 24), 4U);
  EXPECT_EQ(element_bytes_of(6, 0), 0U);
  EXPECT_EQ(element_bytes_of(6, 25), kDefaultElementBytes);
  EXPECT_EQ(element_bytes_of(0, 24), kDefaultElementBytes);
  EXPECT_EQ(element_bytes_of(1, std::uint64_t{1} << 40U), kDefaultElementBytes);
}

}  // namespace
}  // namespace ringtail
