#include "tests/layering/include_law.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringtail::layering {
namespace {

using ::testing::ElementsAre;

struct Edge {
  const char* file;
  const char* target;
};

// What the law says of one #include, on the second line of a file in a tree with one header per stage.
Complaints complaints_about(const Edge& edge) {
  SourceTree tree = {{"lib/record/registry.h", ""}, {"tools/ringtail/command.h", ""}};
  for (const char* stage : {"base", "trace", "record", "collect", "analyze", "format", "inject", "scale"}) {
    tree.push_back({std::string("include/ringtail/") + stage + "/x.h", ""});
  }
  tree.push_back({edge.file, std::string("// first line\n#include ") + edge.target + "\n"});
  return broken_includes(tree);
}

template <std::size_t N>
void expect_refused(const Edge (&edges)[N]) {
  for (const Edge& edge : edges) {
    EXPECT_EQ(complaints_about(edge).size(), 1U) << edge.file << " includes " << edge.target;
  }
}

template <std::size_t N>
void expect_allowed(const Edge (&edges)[N]) {
  for (const Edge& edge : edges) {
    EXPECT_TRUE(complaints_about(edge).empty()) << edge.file << " includes " << edge.target;
  }
}

TEST(IncludeLaw, NamesTheFileTheLineAndTheEdge) {
  EXPECT_THAT(complaints_about({"lib/analyze/a.cpp", "\"ringtail/format/x.h\""}),
              ElementsAre("lib/analyze/a.cpp:2: analyze may not include format, found include/ringtail/format/x.h"));
}

TEST(IncludeLaw, RefusesAStageThatComesLaterOrStandsBeside) {
  expect_refused({
      {"lib/base/a.cpp", "\"ringtail/trace/x.h\""},
      {"include/ringtail/base/a.h", "\"ringtail/trace/x.h\""},
      {"lib/trace/a.cpp", "\"ringtail/record/x.h\""},
      {"lib/record/a.cpp", "\"ringtail/collect/x.h\""},
      {"lib/collect/a.cpp", "\"ringtail/analyze/x.h\""},
      {"lib/collect/a.cpp", "\"ringtail/format/x.h\""},
      {"lib/analyze/a.cpp", "\"ringtail/record/x.h\""},
      {"lib/analyze/a.cpp", "\"ringtail/collect/x.h\""},
      {"lib/analyze/a.h", "\"record/registry.h\""},
      {"lib/analyze/a.cpp", "<ringtail/format/x.h>"},
      {"lib/format/a.cpp", "\"ringtail/analyze/x.h\""},
      {"lib/format/a.cpp", "\"ringtail/collect/x.h\""},
      {"lib/inject/a.cpp", "\"ringtail/format/x.h\""},
      {"lib/scale/a.cpp", "\"ringtail/collect/x.h\""},
  });
}

TEST(IncludeLaw, AllowsAStageThatComesEarlier) {
  expect_allowed({
      {"include/ringtail/trace/a.h", "\"ringtail/base/x.h\""},
      {"lib/record/a.cpp", "\"ringtail/trace/x.h\""},
      {"lib/collect/a.cpp", "\"record/registry.h\""},
      {"lib/analyze/a.cpp", "\"ringtail/analyze/x.h\""},
      {"lib/format/a.cpp", "\"ringtail/trace/x.h\""},
      {"lib/inject/a.cpp", "\"ringtail/collect/x.h\""},
      {"lib/scale/a.cpp", "\"ringtail/format/x.h\""},
  });
}

TEST(IncludeLaw, KeepsInternalHeadersOutOfPublicOnesAndOfTools) {
  expect_refused({
      {"include/ringtail/collect/a.h", "\"record/registry.h\""},
      {"tools/ringtail/a.cpp", "\"record/registry.h\""},
  });
  expect_allowed({
      {"tools/ringtail/a.cpp", "\"ringtail/analyze/x.h\""},
      {"tools/ringtail/a.cpp", "\"command.h\""},
      {"tools/ringtail/a.cpp", "\"ringtail/command.h\""},
  });
}

TEST(IncludeLaw, KnowsWhereEachLibraryMayBeSeen) {
  expect_allowed({
      {"include/ringtail/record/a.h", "<boost/lockfree/spsc_queue.hpp>"},
      {"lib/record/a.h", "<boost/lockfree/spsc_queue.hpp>"},
      {"lib/format/a.cpp", "<boost/json/src.hpp>"},
      {"tools/ringtail/a.cpp", "<CLI/CLI.hpp>"},
      {"tools/ringtail/a.h", "<fmt/color.h>"},
      {"lib/scale/a.cpp", "<mpi.h>"},
  });
  expect_refused({
      {"include/ringtail/collect/a.h", "<boost/lockfree/spsc_queue.hpp>"},
      {"include/ringtail/format/a.h", "<boost/json.hpp>"},
      {"lib/analyze/a.cpp", "<boost/json.hpp>"},
      {"lib/analyze/a.cpp", "<fmt/format.h>"},
      {"lib/format/a.cpp", "<CLI/CLI.hpp>"},
      {"tools/ringtail/a.cpp", "<boost/json.hpp>"},
      {"lib/analyze/a.cpp", "<mpi.h>"},
  });
}

TEST(IncludeLaw, RefusesWhatItDoesNotKnow) {
  expect_refused({
      {"lib/trace/a.cpp", "<boost/container/small_vector.hpp>"},
      {"lib/trace/a.cpp", "<absl/strings/str_cat.h>"},
      {"lib/trace/a.cpp", "\"missing.h\""},
      {"lib/trace/a.cpp", "\"../base/x.h\""},
      {"lib/elsewhere/a.cpp", "\"ringtail/base/x.h\""},
  });
}

TEST(IncludeLaw, AllowsTheStandardLibraryAndTheSystemEverywhere) {
  expect_allowed({
      {"include/ringtail/base/a.h", "<vector>"},
      {"lib/base/a.cpp", "<x86intrin.h>"},
      {"tools/ringtail/a.cpp", "<sys/wait.h>"},
  });
}

TEST(Includes, AreFoundHoweverTheyAreSpaced) {
  const std::vector<Include> includes =
      includes_of("int a;\n#include <vector>\n  #  include\t\"b.h\"  // why\n// #include <c>");
  ASSERT_EQ(includes.size(), 2U);
  EXPECT_EQ(includes[0].line, 2U);
  EXPECT_EQ(includes[0].target, "vector");
  EXPECT_EQ(includes[1].line, 3U);
  EXPECT_EQ(includes[1].target, "b.h");
}

}  // namespace
}  // namespace ringtail::layering
