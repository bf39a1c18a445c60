// The pieces that text reports are made of.
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "tests/tools/command_fixture.h"
#include "tools/ringtail/json_writer.h"
#include "tools/ringtail/printable.h"
#include "tools/ringtail/table.h"
#include "tools/ringtail/units.h"

namespace ringtail::cli {
namespace {

TEST(Units, RoundDurationsToThreeDigitsOfTheRightUnit) {
  const std::pair<double, const char*> kCases[] = {
      {0.0, "0 us"},      {0.121, "121 ns"},    {0.9994, "999 ns"},    {0.9996, "1.00 us"},
      {9.994, "9.99 us"}, {9.996, "10.0 us"},   {231.4, "231 us"},     {999.4, "999 us"},
      {999.6, "1.00 ms"}, {1'100.0, "1.10 ms"}, {999'600.0, "1.00 s"}, {1.92e6, "1.92 s"},
      {3.6e9, "3600 s"},  {-5.0, "-5.00 us"},   {1.2e18, "1.2e+12 s"}, {1e-12, "1e-09 ns"},
  };
  for (const auto& [microseconds, text] : kCases) EXPECT_EQ(duration_text(microseconds), text);
}

TEST(Units, RoundBytesToThreeDigitsOfTheRightUnit) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1.00 KiB");
  EXPECT_EQ(bytes_text(1'048'575), "1.00 MiB");
  EXPECT_EQ(bytes_text(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(Units, GroupThousands) {
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(16'384), "16 384");
  EXPECT_EQ(count_text(std::numeric_limits<std::uint64_t>::max()), "18 446 744 073 709 551 615");
  EXPECT_EQ(count_text(1, "span"), "1 span");
  EXPECT_EQ(count_text(2, "span"), "2 spans");
}

TEST(Printable, SpellsOutWhatCouldControlATerminal) {
  EXPECT_EQ(printable("a\x1b[31m\r\n\x7F"), "a\\x1b[31m\\x0d\\x0a\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xc2\\x9b");           // CSI as one code point
  EXPECT_EQ(printable("\xE2\x80\xAE"), "\\xe2\\x80\\xae");  // right-to-left override
}

TEST(Printable, SpellsOutWhatIsNoUtf8) {
  EXPECT_EQ(printable("\xFF"), "\\xff");
  EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
  EXPECT_EQ(printable("\xE2\x82"), "\\xe2\\x82");                    // cut
}

TEST(Printable, KeepsTheLettersOfAllLanguages) {
  EXPECT_EQ(printable("opération 行列 😀"), "opération 行列 😀");
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("行列"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);  // combining accent
}

TEST(Printable, CutsToAWidthNeverInsideACharacter) {
  EXPECT_EQ(cut_to_width("matmul", 6), "matmul");
  EXPECT_EQ(cut_to_width("matmul_forward", 8), "matmu...");
  EXPECT_EQ(cut_to_width("行列行列行列", 8), "行列...");
}

std::vector<std::string> table_lines(std::size_t width) {
  Table table({{"name", Table::Align::kLeft}, {"count"}, {"less important", {}, 1}, {"least", {}, 2}});
  table.add({"a name of some length", "1", "x", "y"});
  std::ostringstream out;
  Terminal terminal;
  terminal.width = width;
  table.print(out, terminal);
  return lines_of(out.str());
}

TEST(Table, AlignsItsColumns) {
  EXPECT_EQ(table_lines(80)[0], "  name                   count  less important  least");
  EXPECT_EQ(table_lines(80)[1], "  a name of some length      1               x      y");
}

TEST(Table, LeavesOutColumnsThenCutsTheFirst) {
  EXPECT_EQ(table_lines(50)[0], "  name                   count  less important");
  EXPECT_EQ(table_lines(40)[1], "  a name of some length      1");
  EXPECT_EQ(table_lines(24)[1], "  a name of so...      1");
}

TEST(Table, CutsTextInAnyColumnSoThatOneLongNameDoesNotWidenEveryRow) {
  Table table({{"name", Table::Align::kLeft}, {"count"}, {"device", Table::Align::kLeft}});
  table.add({"short", "1", std::string(100'000, 'd')});
  table.add({std::string(100'000, 'n'), "2", "gpu:0"});
  std::ostringstream out;
  table.print(out, Terminal{});
  for (const std::string& line : lines_of(out.str())) EXPECT_LE(line.size(), 80U) << line.substr(0, 100);
}

TEST(Table, ColoursOnlyWhereItIsTold) {
  Terminal terminal;
  EXPECT_EQ(painted("x", Ink::kRed, terminal), "x");
  terminal.colour = true;
  EXPECT_EQ(painted("x", Ink::kRed, terminal), "\x1b[31mx\x1b[0m");
}

TEST(PrintWrapped, KeepsANumberWithItsUnit) {
  std::ostringstream out;
  Terminal terminal;
  terminal.width = 20;
  print_wrapped(out, terminal, "about this many: 16 384 spans", 2);
  EXPECT_EQ(out.str(), "  about this many:\n  16 384 spans\n");
}

TEST(JsonWriter, IndentsObjectsAndKeepsShortArraysOnALine) {
  std::ostringstream out;
  JsonWriter json(out);
  json.open_object();
  json.member("a", 500.0);
  json.key("b");
  json.open_array(JsonWriter::kOneLine);
  json.value(std::uint64_t{1});
  json.null();
  json.close_array();
  json.key("c");
  json.open_object();
  json.close_object();
  json.close_object();
  EXPECT_EQ(out.str(), "{\n  \"a\": 500.0,\n  \"b\": [1, null],\n  \"c\": {}\n}\n");
}

TEST(JsonWriter, EscapesControlCharactersOfBothKinds) {
  std::ostringstream out;
  JsonWriter json(out);
  json.open_array(JsonWriter::kOneLine);
  json.value("\x1b\"\\\n\x7F\xC2\x9B\xC3\xA9");
  json.close_array();
  EXPECT_EQ(out.str(), "[\"\\u001b\\\"\\\\\\n\\u007f\\u009b\xC3\xA9\"]\n");
}

TEST(JsonWriter, WritesNoNumberThatJsonLacks) {
  std::ostringstream out;
  JsonWriter json(out);
  json.value(std::numeric_limits<double>::infinity());
  EXPECT_EQ(out.str(), "null");
}

}  // namespace
}  // namespace ringtail::cli
