// Names and shape signatures as ids.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "ringtail/trace/names.h"
#include "ringtail/trace/signatures.h"

namespace ringtail::inline v1 {
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

// How many hashes these values have.
template <class Value>
std::size_t hashes_of(const std::vector<std::vector<Value>>& values) {
  std::set<std::uint64_t> hashes;
  for (const std::vector<Value>& value : values) {
    if constexpr (std::is_same_v<Value, char>) {
      hashes.insert(hash_of(std::string_view(value.data(), value.size())));
    } else {
      hashes.insert(hash_of(std::span(value)));
    }
  }
  return hashes.size();
}

// The constants that the fixed hash is made of, and that of signatures was.
constexpr std::uint64_t kFirst = 0x9E37'79B9'7F4A'7C15U;
constexpr std::uint64_t kSecond = 0xD1B5'4A32'D192'ED03U;

TEST(Hash, OfNamesThatMakeAFactorZeroDiffers) {
  std::vector<std::vector<char>> names;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const std::uint64_t words[2] = {i, kSecond};
    names.emplace_back(sizeof(words));
    std::memcpy(names.back().data(), words, sizeof(words));
  }
  EXPECT_EQ(hashes_of(names), names.size());
  std::set<std::uint64_t> fixed;
  for (const std::vector<char>& name : names) fixed.insert(fixed_hash_of({name.data(), name.size()}));
  EXPECT_EQ(fixed.size(), 1U);  // so they are names of that kind
}

TEST(Hash, OfSignaturesThatMakeAFactorZeroDiffers) {
  std::vector<std::vector<std::uint64_t>> signatures;
  for (std::uint64_t i = 0; i < 1'000; ++i) signatures.push_back({8, 2, i, kSecond + 2 * kFirst});
  EXPECT_EQ(hashes_of(signatures), signatures.size());
}

TEST(Hash, OfSignaturesWhoseWordsChangePlacesDiffers) {
  std::vector<std::vector<std::uint64_t>> signatures;
  std::vector<std::uint64_t> order{1, 2, 3, 4, 5, 6};
  do {
    std::vector<std::uint64_t>& words = signatures.emplace_back();
    for (std::uint64_t i = 0; i < order.size(); ++i) {
      words.push_back(order[i] - (i + 1) * kFirst);
      words.push_back(order[i] + (i + 1) * kFirst);
    }
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(hashes_of(signatures), signatures.size());
}

TEST(Hash, OfSmallSignaturesDiffers) {
  std::vector<std::vector<std::uint64_t>> signatures;
  for (std::uint64_t i = 0; i < 100; ++i) {
    signatures.insert(signatures.end(), {{i}, {i, 0}, {0, i + 1}, {i, 1, 1}, {i + 1, 1, UINT64_MAX}});
  }
  EXPECT_EQ(hashes_of(signatures), signatures.size());
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

// An id for each of `count` signatures that differ, of up to `rank` dimensions.
std::vector<ShapesId> fill(SignatureTable& table, std::uint64_t first, std::uint64_t count, std::uint64_t rank) {
  std::vector<ShapesId> ids;
  for (std::uint64_t n = first; n < first + count; ++n) {
    SignatureBuilder builder;
    builder.add_input(std::vector<std::uint64_t>(n % (rank + 1), n));
    builder.set_output(std::vector<std::uint64_t>{n});
    ids.push_back(table.intern(builder.finish()));
  }
  return ids;
}

TEST(SignatureTable, NeverMovesASignature) {
  SignatureTable table;
  const ShapesId first = fill(table, 0, 1, 0).front();
  const std::uint64_t* const words = table.at(first).words().data();
  fill(table, 1, 50'000, 20);
  fill(table, 300'000, 1, 400'000);  // larger than any chunk
  EXPECT_EQ(table.at(first).words().data(), words);
  const SignatureTable moved = std::move(table);
  EXPECT_EQ(moved.at(first).words().data(), words);
}

TEST(SignatureTable, CopiesEverySignatureAndTakesMoreAfterwards) {
  SignatureTable table;
  const std::vector<ShapesId> ids = fill(table, 0, 5'000, 10);
  SignatureTable copy = table;
  fill(table, 5'000, 100, 10);
  table = SignatureTable();
  for (std::size_t n = 0; n < ids.size(); ++n) {
    ASSERT_EQ(copy.elements(ids[n]), n);
    ASSERT_EQ(copy.bytes(ids[n]), n * 8);
    ASSERT_EQ(copy.at(ids[n]).output().front(), n);
  }
  EXPECT_EQ(fill(copy, 0, 5'000, 10), ids);
  EXPECT_EQ(index_of(fill(copy, 5'000, 1, 10).front()), index_of(ids.back()) + 1);
}

TEST(SignatureTable, TakesAllOfAnotherInItsOrder) {
  SignatureTable table;
  fill(table, 0, 100, 5);
  SignatureTable other;
  fill(other, 50, 100, 5);
  SignatureTable expected = table;
  const std::vector<ShapesId> among_all = fill(expected, 50, 100, 5);
  std::vector<ShapesId> ids = table.intern_all(other);
  EXPECT_EQ(ids[0], kNoShapes);
  EXPECT_EQ(ids[1], kDroppedShapes);
  ids.erase(ids.begin(), ids.begin() + kReservedShapes);
  EXPECT_EQ(ids, among_all);
  EXPECT_EQ(table.size(), expected.size());
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
}  // namespace ringtail::inline v1
