#include "format/pretty_json.h"

#include <gtest/gtest.h>

#include "format/utf8.h"
#include "ringtail/base/result.h"

namespace ringtail::inline v1 {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(PrettyJson, IndentsByTwoAndKeepsEmptyContainersOnOneLine) {
  std::string out;
  PrettyJson json(out);
  json.begin_object();
  json.key("a");
  json.begin_array();
  json.end_array();
  json.key("b");
  json.begin_array();
  json.value(std::uint64_t{1});
  json.begin_object();
  json.end_object();
  json.end_array();
  json.key("c");
  json.null();
  json.end_object();
  EXPECT_EQ(out, "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ],\n  \"c\": null\n}");
}

TEST(PrettyJson, IndentsAnyDepth) {
  std::string out;
  PrettyJson json(out);
  for (int i = 0; i < 40; ++i) json.begin_array();
  for (int i = 0; i < 40; ++i) json.end_array();
  EXPECT_NE(out.find("\n" + std::string(78, ' ') + "[]\n"), std::string::npos);
}

TEST(PrettyJson, EscapesWhatTheReferenceEscapes) {
  EXPECT_EQ(json_of("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
  EXPECT_EQ(json_of("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\"");
  EXPECT_EQ(json_of(std::string_view("\0\x07\x1f\x7f", 4)), "\"\\u0000\\u0007\\u001f\x7f\"");
  EXPECT_EQ(json_of("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

// The scan takes eight bytes at a time; each place in and behind such a stride must see each special byte.
TEST(PrettyJson, EscapesAtEveryPlaceOfALongText) {
  for (std::size_t at = 0; at < 20; ++at) {
    for (int byte = 0; byte < 0x80; ++byte) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(byte);
      std::string expected = json_of(text.substr(at, 1));
      expected =
          "\"" + std::string(at, 'x') + expected.substr(1, expected.size() - 2) + std::string(19 - at, 'x') + "\"";
      ASSERT_EQ(json_of(text), expected) << "byte " << byte << " at " << at;
    }
  }
}

struct Invalid {
  const char* bytes;
  int replaced;  // by so many U+FFFD
};

// The Unicode Standard, 3.9, "U+FFFD substitution of maximal subparts".
TEST(PrettyJson, ReplacesEachInvalidSequenceOnce) {
  const Invalid kInvalid[] = {
      {"\xFF", 1},         {"\x80", 1},         {"\xC0\xAF", 2},         {"\xE2\x82", 1},     {"\xE2\x82\xC3", 2},
      {"\xED\xA0\x80", 3}, {"\xF0\x9F\x98", 1}, {"\xF4\x90\x80\x80", 4}, {"\xE0\x9F\xBF", 3}, {"\xF5", 1},
  };
  for (const auto& [bytes, replaced] : kInvalid) {
    std::string expected = "\"<";
    for (int i = 0; i < replaced; ++i) expected += kReplacementCharacter;
    EXPECT_EQ(json_of("<" + std::string(bytes) + ">"), expected + ">\"") << quoted(bytes);
    EXPECT_FALSE(is_utf8(bytes));
  }
}

TEST(Utf8, AcceptsTheFirstAndLastCharacterOfEachLength) {
  for (const char* text : {"", "\x01", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text));
    std::string same;
    append_utf8(same, text);
    EXPECT_EQ(same, text);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
