#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <sstream>
#include <thread>

#include "bench/cases.h"
#include "bench/latencies.h"
#include "bench/payload.h"
#include "bench/rendezvous.h"
#include "bench/rig.h"
#include "command.h"
#include "ringtail/record/scope.h"
#include "tests/tools/flat_json.h"

namespace ringtail::inline v1 {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome bench(const cli::Arguments& arguments) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  cli::Streams io{in, out, err};
  const int code = cli::bench(arguments, io);
  return {code, out.str(), err.str()};
}

const cli::Arguments kTiny = {"--rounds", "2", "--spans", "500"};

cli::Arguments tiny_json() {
  cli::Arguments arguments = kTiny;
  arguments.insert(arguments.end(), {"--format", "json"});
  return arguments;
}

TEST(Bench, WritesOneJsonObjectWithEveryFigurePositive) {
  const Outcome outcome = bench(tiny_json());
  ASSERT_EQ(outcome.code, cli::kDone) << outcome.err;
  const auto leaves = testing::flat_json(outcome.out);
  ASSERT_TRUE(leaves) << outcome.out;
  for (const char* key :
       {"two_clock_reads_ns", "two_steady_clock_reads_ns", "full_span_ns", "new_shapes_ns",
        "one_producer_spans_per_s", "two_producers_paused_spans_per_s", "bare_span_ns", "off_ns", "ring_full_ns",
        "explicit_times_ns", "changed_shapes_ns", "mutex_vector_ns", "collector_spans_per_s", "merge_spans_per_s"}) {
    for (const std::string& path : {"/" + std::string(key), "/spread/" + std::string(key) + "/min"}) {
      ASSERT_TRUE(leaves->contains(path)) << path;
      EXPECT_GT(std::stod(leaves->at(path)), 0.0) << path;
    }
  }
  for (const char* row : {"two_clock_reads", "full_span", "full_span_cold", "first_of_thread", "first_of_op"}) {
    const std::string path = "/latency/" + std::string(row) + "/";
    ASSERT_TRUE(leaves->contains(path + "p50_ns")) << path;
    EXPECT_LE(std::stod(leaves->at(path + "p50_ns")), std::stod(leaves->at(path + "p99_ns"))) << path;
    EXPECT_LE(std::stod(leaves->at(path + "p99_ns")), std::stod(leaves->at(path + "p99.9_ns"))) << path;
    EXPECT_LE(std::stod(leaves->at(path + "p99.9_ns")), std::stod(leaves->at(path + "max_ns"))) << path;
  }
  EXPECT_EQ(leaves->at("/ratios/two_clock_reads"), "1");
  EXPECT_EQ(leaves->at("/ratios/one_producer"), "1");
  EXPECT_EQ(leaves->at("/folded/full_span_ns"), "0");
  EXPECT_EQ(leaves->at("/folded/ring_full_ns"), "1");
  EXPECT_EQ(leaves->at("/rounds"), "2");
  EXPECT_FALSE(leaves->at("/environment/compiler").empty());
}

TEST(Bench, WritesATableOfEightyColumns) {
  const Outcome outcome = bench(kTiny);
  ASSERT_EQ(outcome.code, cli::kDone) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, HasSubstr("two clock reads"));
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line) && !line.starts_with("machine");)
    EXPECT_LE(line.size(), 80U) << line;
}

TEST(Bench, RefusesAFormatItDoesNotKnow) {
  const Outcome outcome = bench({"--format", "xml"});
  EXPECT_EQ(outcome.code, cli::kUsage);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("xml"));
}

TEST(Bench, HelpsWithAnExample) {
  const Outcome outcome = bench({"--help"});
  EXPECT_EQ(outcome.code, cli::kDone);
  EXPECT_THAT(outcome.out, HasSubstr("ringtail bench --rounds"));
}

TEST(FlatJson, TakesOnlyWhatTheGrammarAllows) {
  const auto leaves = testing::flat_json(R"( {"a": [1, {"b": -0.5e+3}], "c\u00e9": "\"", "d": null, "e": {}} )");
  ASSERT_TRUE(leaves);
  EXPECT_EQ(*leaves, (testing::Leaves{{"/a/0", "1"}, {"/a/1/b", "-0.5e+3"}, {"/c\\u00e9", "\\\""}, {"/d", "null"}}));
  for (const char* wrong : {"", "{", "{\"a\" 1}", "[1,]", "01", "1.", "1e", ".5", "nan", "\"\\x\"", "\"a", "1 2",
                            "{\"a\":1,\"a\":2}", "\"\n\"", "\"\\u12g4\""}) {
    EXPECT_FALSE(testing::flat_json(wrong)) << wrong;
  }
}

TEST(BenchAccount, SaysWhatIsMissingFromATrace) {
  overhead::Rig rig(std::nullopt, {.ring_entries = 16, .collector_thread = false});
  ASSERT_TRUE(rig.start().ok());
  for (int i = 0; i < 20; ++i) const Scope scope(rig.site().recorder, rig.site().op);
  const Result<std::uint64_t> folded = rig.finish({.attempted = 20});
  ASSERT_FALSE(folded.ok());
  EXPECT_EQ(folded.error().message, "expected 0 spans folded, found 4");
}

TEST(BenchFigure, IsAMedianThatWasMeasured) {
  const overhead::Figure figure = overhead::figure_of({9.0, 1.0, 4.0, 2.0});
  EXPECT_EQ(figure.median, 2.0);
  EXPECT_EQ(figure.min, 1.0);
  EXPECT_EQ(figure.max, 9.0);
}

TEST(BenchFigure, HasItsClocksStepWhateverTheTicksOfTheCounter) {
  EXPECT_EQ(overhead::step_of({25, 26, 26, 51, 52, 77, 78, 25}), 26.5);  // 10 ns at 2.6 GHz
  EXPECT_EQ(overhead::step_of({32, 34, 36, 40, 38, 34, 9'000}), 2.0);
  EXPECT_EQ(overhead::step_of({20, 21, 22}), 1.0);
}

TEST(BenchRendezvous, MeasuresFromTheFirstBeginToTheLastEnd) {
  overhead::Rendezvous rendezvous(2);
  std::atomic<int> ended{0};
  double shorter = 0.0;
  std::thread other([&] {
    rendezvous.meet();
    shorter = rendezvous.burst([&] { ended = 1; });
    rendezvous.meet();
  });
  rendezvous.meet();
  const double longer = rendezvous.burst([&] {
    while (ended == 0) std::this_thread::yield();
  });
  rendezvous.meet();
  EXPECT_GE(rendezvous.burst_ns(), std::max(shorter, longer));
  other.join();
}

}  // namespace
}  // namespace ringtail::inline v1
