// Side by side with the reference program, where RINGTAIL_REFERENCE names it: each reads what the other wrote and
// computes the same. Run them as
//
//     RINGTAIL_REFERENCE=PATH ctest -R Reference
//
// in the build folder, PATH being the reference's executable; without it they are skipped.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/tools/command_fixture.h"
#include "tests/tools/equal_results.h"

namespace ringtail::cli {
namespace {

namespace json = boost::json;

constexpr int kTraces = 200;

class Reference : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const program = std::getenv("RINGTAIL_REFERENCE");
    if (program == nullptr) GTEST_SKIP() << "SKIPPED: RINGTAIL_REFERENCE does not name the reference program";
    program_ = program;
  }

  // What the reference prints.
  [[nodiscard]] std::string ask(const std::string& arguments) const {
    std::FILE* pipe = ::popen(("'" + program_ + "' " + arguments).c_str(), "r");
    if (pipe == nullptr) return "";
    std::string text;
    char block[4096];
    for (std::size_t got = 0; (got = std::fread(block, 1, sizeof block, pipe)) > 0;) text.append(block, got);
    EXPECT_EQ(::pclose(pipe), 0) << arguments;
    return text;
  }

  // The two programs' results of one file.
  void expect_equal_results(const std::string& path, int threshold, const std::string& ratio, int top) const {
    const json::value theirs = json::parse(
        ask("analyze '" + path + "' " + std::to_string(threshold) + " " + ratio + " " + std::to_string(top)));
    const Outcome ours = run(analyze, {path, "--format", "json", "--memory-threshold", std::to_string(threshold),
                                       "--min-comm-ratio", ratio, "--top", std::to_string(top)});
    ASSERT_EQ(ours.code, kDone) << ours.err;
    const json::value parsed = json::parse(ours.out);
    for (const auto& [key, value] : theirs.as_object()) {
      ASSERT_TRUE(parsed.as_object().contains(key)) << key;
      EXPECT_TRUE(equal(parsed.at(key), value)) << path << ": " << key;
    }
  }

  TemporaryFolder folder_;
  std::string program_;
};

TEST_F(Reference, AgreesOnTwoHundredTracesOfItsOwnBothWays) {
  for (int seed = 1; seed <= kTraces; ++seed) {
    const std::string text = ask("generate " + std::to_string(seed * 7 % 400) + " " + std::to_string(seed) + " " +
                                 std::to_string(seed % 9));
    const std::string theirs = folder_.file("theirs.json", text);
    expect_equal_results(theirs, seed * 100, "0.01", seed % 30);
    const Outcome rewritten = run(convert, {theirs, "-o", folder_.path("ours.json"), "--to", "json", "--force"});
    ASSERT_EQ(rewritten.code, kDone) << rewritten.err;
    const std::string ours = content_of(folder_.path("ours.json"));
    // Its metadata are in no order, ours are sorted: the rest is the same bytes.
    EXPECT_EQ(ours.substr(0, ours.find("\"metadata\"")), text.substr(0, text.find("\"metadata\"")))
        << "seed " << seed;
    expect_equal_results(folder_.path("ours.json"), seed * 100, "0.01", seed % 30);
    if (HasFailure()) return;
  }
}

TEST_F(Reference, ReadsWhatTheDemoWrites) {
  const Outcome outcome = run(demo, {"--devices", "3", "--steps", "4", "-o", folder_.path("demo")});
  ASSERT_EQ(outcome.code, kDone) << outcome.err;
  expect_equal_results(folder_.path("demo/trace.json"), 1000, "0.0", 25);
}

}  // namespace
}  // namespace ringtail::cli
