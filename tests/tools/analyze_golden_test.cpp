// What the reference computed from its traces, and what `ringtail analyze --format json` says of them.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "tests/support/shared_files.h"
#include "tests/tools/command_fixture.h"
#include "tests/tools/equal_results.h"

namespace ringtail::cli {
namespace {

namespace json = boost::json;

class GoldenAnalysis : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(GoldenAnalysis, IsWhatTheReferenceComputed) {
  const std::string base = GetParam().string().substr(0, GetParam().string().size() - 11);  // ".trace.json"
  const json::value params = json::parse(bytes_of(base + ".params.json"));
  const json::value expected = json::parse(bytes_of(base + ".expected.json"));
  const Outcome outcome =
      run(analyze, {GetParam().string(), "--format", "json", "--memory-threshold",
                    std::to_string(params.at("memory_threshold_bytes").to_number<std::uint64_t>()),
                    "--min-comm-ratio", std::to_string(params.at("min_ratio_of_total").to_number<double>()), "--top",
                    std::to_string(params.at("slowest_n").to_number<std::uint64_t>())});
  ASSERT_EQ(outcome.code, kDone) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const json::value found = json::parse(outcome.out);
  for (const auto& [key, value] : expected.as_object()) {
    ASSERT_TRUE(found.as_object().contains(key)) << key;
    EXPECT_TRUE(equal(found.at(key), value)) << key << ": " << json::serialize(found.at(key));
  }
  EXPECT_EQ(found.as_object().size(), expected.as_object().size());
}

std::string name_of_case(const ::testing::TestParamInfo<std::filesystem::path>& param) {
  const std::string name = param.param.filename().string();
  return name.substr(0, name.find('.'));
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenAnalysis, ::testing::ValuesIn(shared_files("golden", ".trace.json")),
                         name_of_case);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenAnalysis);

TEST(GoldenAnalyses, AreThere) {
  if (shared_files("golden", ".trace.json").empty()) GTEST_SKIP() << kNoSharedFiles;
}

}  // namespace
}  // namespace ringtail::cli
