// Traces whose shape would take hours where something is quadratic or recurses: from spans to every output and back.
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <sstream>
#include <string>

#include "ringtail/analyze/activity.h"
#include "ringtail/analyze/balance.h"
#include "ringtail/analyze/check.h"
#include "ringtail/analyze/communication.h"
#include "ringtail/analyze/exactness.h"
#include "ringtail/analyze/hotspots.h"
#include "ringtail/analyze/straggler.h"
#include "ringtail/analyze/summary.h"
#include "ringtail/analyze/tracer_cost.h"
#include "ringtail/format/chrome.h"
#include "ringtail/format/collapsed.h"
#include "ringtail/format/csv.h"
#include "ringtail/format/json.h"
#include "tests/format/rtt_file.h"
#include "tests/support/scale.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kSecondsAtMost =
    120;  // where a few are enough; a step of two nanoseconds for each pair takes more

struct Hard {
  const char* name;
  std::function<Trace(std::int64_t spans)> make;
};

Trace same_times(std::int64_t spans) {
  TraceBuilder builder;
  builder.thread("w").on("gpu:0");
  for (std::int64_t i = 0; i < spans; ++i) builder.span("all_reduce", 5ns, 9ns);
  return builder.build();
}

Trace each_within_the_last(std::int64_t spans) {
  TraceBuilder builder;
  builder.thread("w").on("gpu:0");
  for (std::int64_t i = 0; i < spans; ++i) builder.span("f", Nanoseconds{i}, Nanoseconds{2 * spans - i});
  return builder.build();
}

Trace each_overlapping_all(std::int64_t spans) {
  TraceBuilder builder;
  builder.thread("w").on("gpu:0");
  for (std::int64_t i = 0; i < spans; ++i) builder.span("f", Nanoseconds{i}, Nanoseconds{spans + i});
  return builder.build();
}

Trace each_of_its_own_name(std::int64_t spans) {
  TraceBuilder builder;
  builder.thread("w");
  for (std::int64_t i = 0; i < spans; ++i) {
    const std::string number = std::to_string(i);
    builder.on("gpu:" + number).shapes({{static_cast<std::uint64_t>(i)}}, {2}).span("op" + number, 5ns, 9ns);
  }
  return builder.build();
}

Trace each_folded_apart(std::int64_t spans) {
  TraceBuilder builder;
  builder.thread("w").on("gpu:0").span("f", 0ns, 1ns);
  for (std::int64_t i = 0; i < spans; ++i) builder.folded("op" + std::to_string(i), 1, 5ns);
  return builder.build();
}

// Names and signatures that would all have one hash if it were the same in every process.
Trace each_of_the_same_hash(std::int64_t spans) {
  constexpr std::uint64_t kZero = 0xD1B5'4A32'D192'ED03U;  // makes a factor 0
  TraceBuilder builder;
  builder.thread("w");
  for (std::int64_t i = 0; i < spans; ++i) {
    const auto number = static_cast<std::uint64_t>(i);
    std::string same = std::to_string(10'000'000 + i);  // 8 bytes
    same.append(reinterpret_cast<const char*>(&kZero), sizeof(kZero));
    builder.on(same).shapes({{number, kZero + 2 * 0x9E37'79B9'7F4A'7C15U}}, {2}).span(same, 5ns, 9ns);
  }
  return builder.build();
}

const Hard kHard[] = {{"SameTimes", same_times},
                      {"EachWithinTheLast", each_within_the_last},
                      {"EachOverlappingAll", each_overlapping_all},
                      {"EachOfItsOwnName", each_of_its_own_name},
                      {"EachOfTheSameHash", each_of_the_same_hash},
                      {"EachFoldedApart", each_folded_apart}};

class BlowUp : public ::testing::TestWithParam<Hard> {
 protected:
  BlowUp() { ::alarm(kSecondsAtMost); }
  ~BlowUp() override { ::alarm(0); }
};

TEST_P(BlowUp, IsNotWhatATracesShapeCanCause) {
  const Trace trace = GetParam().make(testing::scaled(300'000));

  EXPECT_TRUE(is_consistent(check(trace)));
  EXPECT_FALSE(operation_summary(trace).empty());
  EXPECT_FALSE(per_device_summary(trace).empty());
  EXPECT_FALSE(avg_duration_by_op(trace).empty());
  static_cast<void>(memory_hotspots(trace, 0));
  static_cast<void>(device_activity(trace));
  static_cast<void>(load_balance_metrics(trace));
  static_cast<void>(communication_bottlenecks(trace, 0.0));
  static_cast<void>(compare_compute(trace));
  static_cast<void>(exactness_of(Analysis::kTotals, trace));
  static_cast<void>(tracer_cost(trace));

  std::ostringstream out;
  EXPECT_TRUE(write_chrome(trace, out).ok());
  EXPECT_TRUE(write_csv(trace, out).ok());
  EXPECT_FALSE(flamegraph_collapsed(trace).empty());
  const std::string json = to_json(trace);
  const Result<Trace> read = read_json(json);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(to_json(read.value()), json);
  EXPECT_EQ(to_json(must_read_rtt(write_rtt(trace).file())), json);
}

INSTANTIATE_TEST_SUITE_P(Traces, BlowUp, ::testing::ValuesIn(kHard),
                         [](const auto& hard) { return std::string(hard.param.name); });

}  // namespace
}  // namespace ringtail::inline v1
