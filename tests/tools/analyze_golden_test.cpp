// What the reference computed from its traces, and what `ringtail analyze --format json` says of them.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>

#include "tests/support/shared_files.h"
#include "tests/tools/command_fixture.h"

namespace ringtail::cli {
namespace {

namespace json = boost::json;

bool equal(const json::value& a, const json::value& b);

bool equal_numbers(const json::value& a, const json::value& b) {
  if (a.is_double() != b.is_double()) return false;
  if (!a.is_double()) {
    return a.is_uint64() || b.is_uint64() ? a.to_number<std::uint64_t>() == b.to_number<std::uint64_t>()
                                          : a.as_int64() == b.as_int64();
  }
  return std::abs(a.as_double() - b.as_double()) <= 1e-12 * std::abs(b.as_double());
}

bool equal_arrays(const json::array& a, const json::array& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equal(a[i], b[i])) return false;
  }
  return true;
}

bool equal_objects(const json::object& a, const json::object& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    if (!b.contains(key) || !equal(value, b.at(key))) return false;
  }
  return true;
}

// Integers and text exactly, doubles to 1e-12 relative; an integer is no double.
bool equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.kind() != b.kind()) return false;
  if (a.is_object()) return equal_objects(a.as_object(), b.as_object());
  if (a.is_array()) return equal_arrays(a.as_array(), b.as_array());
  return a == b;
}

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
