#include "tools/ringtail/demo/training.h"

#include <gtest/gtest.h>

#include "ringtail/analyze/check.h"

namespace ringtail::demo {
namespace {

TrainingOptions small_options() {
  TrainingOptions options;
  options.devices = 3;
  options.steps = 20;
  options.samples = 16;
  options.widths = {16, 32, 4};
  return options;
}

Training trained(const TrainingOptions& options) {
  Result<Training> training = train(options);
  EXPECT_TRUE(training.ok());
  return training.ok() ? std::move(training).value() : Training();
}

TEST(DemoTraining, Learns) {
  const Training training = trained(small_options());
  EXPECT_LT(training.losses.back(), 0.7 * training.losses.front());
}

TEST(DemoTraining, EndsWithTheSameParametersOnAllDevices) {
  EXPECT_TRUE(trained(small_options()).parameters_identical);
}

TEST(DemoTraining, SumsGradientsAsExactlyAsFloatsCan) {
  const Training training = trained(small_options());
  EXPECT_LE(training.largest_sum_error, training.sum_tolerance);
}

TEST(DemoTraining, IsTheSameForASeedWhateverTheThreadsDo) {
  TrainingOptions options = small_options();
  const Training first = trained(options);
  options.ring_entries = 1;
  options.straggler = Straggler{1, 1.5};
  const Training second = trained(options);
  EXPECT_EQ(first.losses, second.losses);
  EXPECT_EQ(first.parameters, second.parameters);
  EXPECT_EQ(first.executed.counts(), second.executed.counts());
}

TEST(DemoTraining, DiffersForAnotherSeed) {
  TrainingOptions options = small_options();
  const Training first = trained(options);
  options.seed = 2;
  EXPECT_NE(first.parameters, trained(options).parameters);
}

TEST(DemoTraining, FindsEveryExecutedSpanInItsTrace) {
  for (const std::size_t ring_entries : {1UL, 8UL, 16'384UL}) {
    TrainingOptions options = small_options();
    options.ring_entries = ring_entries;
    const Training training = trained(options);
    const TallyComparison counts = compare(training.executed, training.trace);
    EXPECT_EQ(counts.first_difference, "") << ring_entries;
    EXPECT_EQ(counts.executed, counts.recorded + counts.folded) << ring_entries;
  }
}

TEST(DemoTraining, FoldsWhenRingsAreFull) {
  TrainingOptions options = small_options();
  options.ring_entries = 1;
  options.collector_thread = false;
  const Training training = trained(options);
  EXPECT_GT(compare(training.executed, training.trace).folded, 0U);
  EXPECT_FALSE(training.trace.complete());
}

TEST(DemoTraining, LeavesATraceThatObeysEveryLaw) {
  for (const std::size_t ring_entries : {1UL, 16'384UL}) {
    TrainingOptions options = small_options();
    options.ring_entries = ring_entries;
    for (const Finding& finding : check(trained(options).trace)) {
      EXPECT_TRUE(finding.ok || finding.severity == Severity::kNotice) << finding.what << ": " << finding.detail;
    }
  }
}

TEST(DemoTraining, GivesAStragglerItsFactorOfTheWork) {
  TrainingOptions options = small_options();
  options.straggler = Straggler{1, 2.5};
  const std::vector<std::uint64_t> work = trained(options).multiply_adds;
  EXPECT_EQ(work[0], work[2]);
  EXPECT_EQ(2 * work[1], 5 * work[0]);  // all row counts are even
}

TEST(DemoTraining, NotesTheQueueingDelayOfEveryLoad) {
  const Trace trace = trained(small_options()).trace;
  std::size_t loads = 0;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const EntryView entry = trace[row];
    if (entry.operation() != "load") continue;
    ++loads;
    EXPECT_TRUE(entry.queue_delay().has_value());
    EXPECT_EQ(entry.memory_bytes(), 16U * 16U * 4U);
  }
  EXPECT_EQ(loads, 3U * 20U);
}

TEST(DemoTraining, WorksWithOneDeviceAndOneStep) {
  TrainingOptions options = small_options();
  options.devices = 1;
  options.steps = 1;
  const Training training = trained(options);
  EXPECT_EQ(compare(training.executed, training.trace).first_difference, "");
}

TEST(DemoTally, NamesTheFirstDifference) {
  Tally tally;
  tally.add("matmul", "gpu:0", {1, 64});
  const TallyComparison counts = compare(tally, Trace());
  EXPECT_EQ(counts.executed, 1U);
  EXPECT_EQ(counts.first_difference, "matmul on gpu:0: executed 1 spans and 64 bytes, traced 0 spans and 0 bytes");
}

}  // namespace
}  // namespace ringtail::demo
