// The rules, applied to this project.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "tests/layering/file_rules.h"
#include "tests/layering/include_law.h"

namespace ringtail::layering {
namespace {

using ::testing::IsEmpty;

const SourceTree& project() {
  static const SourceTree tree = read_source_tree(RINGTAIL_SOURCE_DIR);
  return tree;
}

TEST(Project, IsReadWhole) {
  EXPECT_NE(find(project(), "include/ringtail/base/ids.h"), nullptr);
  EXPECT_NE(find(project(), "lib/CMakeLists.txt"), nullptr);
  EXPECT_NE(find(project(), "tests/layering/project_test.cpp"), nullptr);
  EXPECT_NE(find(project(), "tools/bootstrap"), nullptr);
}

TEST(Project, IncludesOnlyWhatTheLawAllows) { EXPECT_THAT(broken_includes(project()), IsEmpty()); }

TEST(Project, HasNoFileThatIsTooLong) { EXPECT_THAT(too_long(project()), IsEmpty()); }

TEST(Project, HasNoLineThatIsTooWide) { EXPECT_THAT(too_wide(project()), IsEmpty()); }

TEST(Project, NamesEveryPublicHeaderOnItsFirstLine) { EXPECT_THAT(unheaded(project()), IsEmpty()); }

TEST(Project, BeginsALineWithEverySectionOfAManual) { EXPECT_THAT(joined_sections(project()), IsEmpty()); }

TEST(Project, IncludesEachOwnHeaderFirst) { EXPECT_THAT(own_header_not_first(project()), IsEmpty()); }

TEST(Project, ListsEverySourceForCMake) { EXPECT_THAT(unlisted(project()), IsEmpty()); }

TEST(Project, NamesTestsThatExist) { EXPECT_THAT(unknown_tests(project()), IsEmpty()); }

}  // namespace
}  // namespace ringtail::layering
