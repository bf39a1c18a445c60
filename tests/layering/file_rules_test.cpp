#include "tests/layering/file_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringtail::layering {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FileRules, AllowFiveHundredLinesAndNoMore) {
  const std::string five_hundred(kMostLines, '\n');
  EXPECT_THAT(too_long({{"lib/trace/a.cpp", five_hundred}}), IsEmpty());
  EXPECT_THAT(too_long({{"lib/trace/a.cpp", five_hundred + "x"}}),
              ElementsAre("lib/trace/a.cpp:501: expected at most 500 lines, found 501"));
}

TEST(FileRules, AllowLinesOfAHundredAndEighteenCharactersAndNoMore) {
  const std::string most = "// \u00E9" + std::string(kMostColumns - 4, 'x');
  EXPECT_THAT(too_wide({{"lib/trace/a.h", "\n" + most + "\n"}}), IsEmpty());
  EXPECT_THAT(too_wide({{"lib/trace/a.h", "\n  " + most + "\n"}}),
              ElementsAre("lib/trace/a.h:2: expected at most 118 columns, found 120"));
  EXPECT_EQ(too_wide({{"lib/trace/a.cpp", most + "\"\""}}).size(), 1U);
  EXPECT_THAT(too_wide({{"lib/trace/a.cpp", "a(\"" + most + "\");\n// https://a.b/" + most}}), IsEmpty());
  EXPECT_THAT(too_wide({{"lib/trace/a.md", most + "x"}}), IsEmpty());
}

TEST(FileRules, WantAPublicHeaderToBeginWithItsName) {
  EXPECT_THAT(unheaded({{"include/ringtail/base/a.h", "// ringtail/base/a.h\n//\n#pragma once\n"}}), IsEmpty());
  EXPECT_THAT(
      unheaded({{"include/ringtail/base/a.h", "// ringtail/base/b.h\n#pragma once\n"}}),
      ElementsAre("include/ringtail/base/a.h:1: expected \"// ringtail/base/a.h\", found \"// ringtail/base/b.h\""));
  EXPECT_EQ(unheaded({{"include/ringtail/base/a.h", ""}}).size(), 2U);
}

TEST(FileRules, WantPragmaOnceInInternalHeadersToo) {
  EXPECT_THAT(unheaded({{"lib/record/a.h", "#pragma once\n"}}), IsEmpty());
  EXPECT_THAT(unheaded({{"lib/record/a.h", "#ifndef A_H\n"}}),
              ElementsAre("lib/record/a.h:1: expected #pragma once, found none"));
}

TEST(FileRules, WantEverySectionOfAManualToBeginALine) {
  const std::string name = "include/ringtail/base/a.h";
  const std::string right = "// ringtail/base/a.h\n//\n// Cost     One store. Units: none.\n";
  EXPECT_THAT(joined_sections({{name, right + "// Threads  any\n"}}), IsEmpty());
  EXPECT_THAT(joined_sections({{name, right + "// or two. Threads  any\n"}}),
              ElementsAre("include/ringtail/base/a.h:4: expected \"Threads\" to begin a line, found it within one"));
  EXPECT_EQ(joined_sections({{name, "// One. Cost     none\n// Two. Errors   none\n// So. Units\n// ns\n"}}).size(),
            3U);
  EXPECT_THAT(joined_sections({{name, right + "#pragma once\n// or two. Threads  any\n"}}), IsEmpty());
  EXPECT_THAT(joined_sections({{"lib/base/a.h", "// or two. Threads  any\n"}}), IsEmpty());
}

TEST(FileRules, WantASourceToIncludeItsOwnHeaderFirst) {
  const SourceTree headers = {{"include/ringtail/base/a.h", ""}, {"lib/record/b.h", ""}, {"tools/ringtail/c.h", ""}};
  const auto complaints_about = [&](const SourceFile& source) {
    SourceTree tree = headers;
    tree.push_back(source);
    return own_header_not_first(tree);
  };
  EXPECT_THAT(complaints_about({"lib/base/a.cpp", "#include \"ringtail/base/a.h\"\n#include <vector>\n"}), IsEmpty());
  EXPECT_THAT(complaints_about({"lib/record/b.cpp", "#include \"record/b.h\"\n"}), IsEmpty());
  EXPECT_THAT(complaints_about({"tools/ringtail/c.cpp", "#include \"c.h\"\n"}), IsEmpty());
  EXPECT_THAT(complaints_about({"lib/base/no_header.cpp", "#include <vector>\n"}), IsEmpty());
  EXPECT_THAT(complaints_about({"lib/base/a.cpp", "\n#include <vector>\n#include \"ringtail/base/a.h\"\n"}),
              ElementsAre("lib/base/a.cpp:2: expected include/ringtail/base/a.h to be included first"));
  EXPECT_EQ(complaints_about({"lib/record/b.cpp", ""}).size(), 1U);
}

TEST(FileRules, WantEverySourceInAListOfCMake) {
  const SourceFile list = {"lib/CMakeLists.txt", "  ${include}/ringtail/base/clock.h\n  base/clock.cpp\n"};
  EXPECT_THAT(unlisted({list, {"include/ringtail/base/clock.h", ""}, {"lib/base/clock.cpp", ""}}), IsEmpty());
  EXPECT_THAT(unlisted({list, {"lib/base/lock.cpp", ""}}),
              ElementsAre("lib/base/lock.cpp:1: expected a CMakeLists.txt to name this file, found none"));
  EXPECT_EQ(unlisted({list, {"tools/base/clock.cpp", ""}}).size(), 1U);
  EXPECT_EQ(unlisted({list, {"include/ringtail/trace/clock.h", ""}}).size(), 1U);
}

TEST(FileRules, WantTheTableOfTestsToNameTestsThatExist) {
  const SourceTree tests = {{"tests/CMakeLists.txt", "add_test(NAME tool.is_there COMMAND x)\n"},
                            {"tests/process/a_test.cpp", "TEST(Fork, Is) {}\nTEST_F(ForkInUse,\n       Was) {}\n"}};
  const auto complaints_about = [&](const std::string& text) {
    SourceTree tree = tests;
    tree.push_back({"tests/README.md", text});
    return unknown_tests(tree);
  };
  EXPECT_THAT(complaints_about("| `Fork.Is` `Fork.*` `ForkInUse.Was`, `tool.is_there`, `process/a_test.cpp` |\n"),
              IsEmpty());
  EXPECT_THAT(complaints_about("`Fork.Isnt` outside of the table\n"), IsEmpty());
  EXPECT_THAT(complaints_about("# Tests\n| `Fork.Isnt`, `Fork.I`, `Spoon.*` |\n| `process/b_test.cpp` |\n"),
              ElementsAre("tests/README.md:2: expected a test, found no Fork.Isnt",
                          "tests/README.md:2: expected a test, found no Fork.I",
                          "tests/README.md:2: expected a test, found no Spoon.*",
                          "tests/README.md:3: expected a test, found no process/b_test.cpp"));
  EXPECT_EQ(unknown_tests(tests).size(), 1U);
}

}  // namespace
}  // namespace ringtail::layering
