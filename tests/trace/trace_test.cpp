#include "ringtail/trace/trace.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "ringtail/trace/trace_recorder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(TraceEntry, DerivesElementsAndBytesFromTheOutputShape) {
  const TraceEntry entry = make_entry(1, "conv2d").with_device("gpu:0").with_output_shape({1, 16, 30, 30});
  EXPECT_EQ(entry.output_elements, 16U * 30U * 30U);
  EXPECT_EQ(entry.memory_bytes, 16U * 30U * 30U * 8U);
  EXPECT_EQ(make_entry(0, "a").with_output_shape({4, 4}, 2).memory_bytes, 32U);
}

TEST(TraceEntry, CountsOneElementInAScalarAndNoneWithoutAShape) {
  EXPECT_EQ(make_entry(0, "a").with_output_shape({}).output_elements, 1U);
  EXPECT_EQ(make_entry(0, "a").with_output_shape({}).memory_bytes, 8U);
  EXPECT_EQ(make_entry(0, "a").output_elements, 0U);
}

TEST(TraceEntry, SaturatesProductsInsteadOfWrapping) {
  const TraceEntry entry = make_entry(0, "a").with_output_shape({std::uint64_t{1} << 40U, std::uint64_t{1} << 40U});
  EXPECT_EQ(entry.output_elements, kMost);
  EXPECT_EQ(entry.memory_bytes, kMost);
  EXPECT_EQ(make_entry(0, "a").with_output_shape({kMost, kMost, 0}).output_elements, 0U);
}

TEST(TraceEntry, HasNoThroughputWithoutDuration) {
  const TraceEntry entry = make_entry(0, "add").with_output_shape({1000}).with_duration(100us);
  EXPECT_DOUBLE_EQ(entry.throughput_elements_per_us(), 10.0);
  EXPECT_EQ(make_entry(0, "noop").throughput_elements_per_us(), 0.0);
}

TEST(TraceEntry, ConvertsDurationsAsTheReferenceDoes) {
  EXPECT_EQ(to_microseconds(121ns), 0.12100000000000001);
  EXPECT_EQ(to_microseconds(500us), 500.0);
  for (const std::int64_t ns : {0L, 1L, 121L, 999'999'999L, 1'000'000'001L, 10'000'000'000'007L}) {
    EXPECT_EQ(to_nanoseconds(to_microseconds(Nanoseconds{ns})).count(), ns);
  }
}

TEST(Trace, GivesBackWhatWasAdded) {
  TraceEntry entry = make_entry(7, "AllReduce").with_device("").with_input_shapes({{}, {0}, {kMost}});
  entry.duration_us = -2.5;
  entry.output_elements = 5;  // disagrees with its shapes
  entry.memory_bytes = 12345;
  entry.begin = -3ns;
  entry.thread = ThreadId{2};
  entry.depth = 4;
  entry.queue_delay = 9ns;
  Trace trace;
  trace.add(make_entry(0, "relu").with_output_shape({8}, 4));
  trace.add(entry);
  trace.add(make_entry(1, "relu"));
  ASSERT_EQ(trace.size(), 3U);
  EXPECT_EQ(trace[0].to_entry(), make_entry(0, "relu").with_output_shape({8}, 4));
  EXPECT_EQ(trace[1].to_entry(), entry);
  EXPECT_EQ(trace[2].to_entry(), make_entry(1, "relu"));
}

TEST(Trace, StoresElementsAndBytesOnlyWhereARowDisagreesWithItsShapes) {
  Trace trace;
  trace.add(make_entry(0, "a").with_output_shape({3, 5}, 2));
  trace.add(make_entry(1, "a"));
  EXPECT_TRUE(trace.columns().output_elements.empty());
  EXPECT_TRUE(trace.columns().memory_bytes.empty());
  TraceEntry odd = make_entry(2, "a").with_output_shape({3});
  odd.memory_bytes = 7;
  trace.add(odd);
  trace.add(make_entry(3, "a").with_output_shape({2}));
  EXPECT_EQ(trace.memory_bytes(0), 30U);
  EXPECT_EQ(trace.memory_bytes(2), 7U);
  EXPECT_EQ(trace.memory_bytes(3), 16U);
}

// What a Session gives of a span with an op, a device, shapes and a step.
Trace::Row recorded_row(Trace& trace, std::uint64_t n) {
  Trace::Row row;
  row.op = OpId{trace.op_names().intern("op")};
  row.device = DeviceId{trace.device_names().intern("gpu:0")};
  row.shapes = trace.signatures().intern(SignatureBuilder().finish());
  row.step = n;
  row.duration_us = 2.5;
  row.begin_ns = static_cast<std::int64_t>(n) * 10;
  row.thread = ThreadId{1};
  row.depth = 1;
  return row;
}

TEST(Trace, TakesAtMostFortyBytesARowOfARecordedTrace) {
  constexpr std::size_t kRows = 1000;
  Trace trace;
  trace.reserve(kRows);
  for (std::uint64_t n = 0; n < kRows; ++n) trace.append(recorded_row(trace, n));
  EXPECT_LE(trace.columns().bytes(), 40 * kRows);
  Trace filled;
  static_cast<void>(filled.add_rows(kRows, {.largest_step = kRows, .begin_ns = true, .thread = true, .depth = true}));
  EXPECT_LE(filled.columns().bytes(), 40 * kRows);
}

TEST(Trace, KeepsStepsOfSixtyFourBits) {
  constexpr std::uint64_t kNarrow = 0xFFFF'FFFF;
  Trace trace;
  for (const std::uint64_t step : {std::uint64_t{3}, kNarrow, kNarrow + 1, std::uint64_t{4}, kMost}) {
    trace.add(make_entry(step, "a"));
  }
  std::vector<std::uint64_t> steps;
  for (std::size_t row = 0; row < trace.size(); ++row) steps.push_back(trace[row].step());
  EXPECT_EQ(steps, (std::vector<std::uint64_t>{3, kNarrow, kNarrow + 1, 4, kMost}));
}

// Fills rows [first, last) of `rows` as append() would with every fact.
void fill(const Trace::NewRows& rows, std::size_t first, std::size_t last, std::uint64_t step) {
  for (std::size_t i = first; i < last; ++i) {
    rows.op[i] = OpId{0};
    rows.device[i] = DeviceId{0};
    rows.shapes[i] = kNoShapes;
    rows.duration_us[i] = 1.5;
    rows.step.set(i, step + i);
    rows.memory_bytes[i] = i;
    rows.begin_ns[i] = static_cast<std::int64_t>(i);
    rows.weight[i] = static_cast<std::uint32_t>(i + 1);
  }
}

TEST(Trace, HasRowsFilledByColumnAsThoseAppended) {
  for (const std::uint64_t step : {std::uint64_t{0}, kMost - 10}) {
    Trace appended;
    Trace filled;
    for (Trace* trace : {&appended, &filled}) {
      trace->add(make_entry(0, "op").with_device("gpu:0").with_output_shape({5}));
      trace->add(make_entry(1, "op"));
    }
    constexpr std::size_t kRows = 6;
    const Trace::NewRows rows = filled.add_rows(
        kRows, {.largest_step = step + kRows, .memory_bytes = true, .begin_ns = true, .weight = true});
    EXPECT_TRUE(rows.output_elements.empty());
    EXPECT_TRUE(rows.thread.empty());
    fill(rows, 3, kRows, step);
    fill(rows, 0, 3, step);
    for (std::size_t i = 0; i < kRows; ++i) {
      Trace::Row row;
      row.device = DeviceId{0};
      row.duration_us = 1.5;
      row.step = step + i;
      row.memory_bytes = i;
      row.begin_ns = static_cast<std::int64_t>(i);
      row.weight = static_cast<std::uint32_t>(i + 1);
      appended.append(row);
    }
    EXPECT_EQ(filled, appended);
    filled.append({.step = 7});  // without a weight, behind rows that have one
    appended.append({.step = 7});
    EXPECT_EQ(filled, appended);
  }
}

TEST(Trace, SumsDurationsAndBytesAndFindsThePeak) {
  Trace trace;
  EXPECT_EQ(trace.peak_memory_bytes(), 0U);
  trace.add(make_entry(0, "a").with_output_shape({10}).with_duration(100us));
  trace.add(make_entry(1, "b").with_output_shape({20}).with_duration(200us));
  EXPECT_EQ(trace.step_count(), 2U);
  EXPECT_DOUBLE_EQ(trace.total_duration_us, 300.0);
  EXPECT_EQ(trace.total_memory_bytes(), 240U);
  EXPECT_EQ(trace.peak_memory_bytes(), 160U);
}

TEST(Trace, OrdersEquallySlowOpsAsTheyCame) {
  Trace trace;
  for (const auto& [name, duration] : {std::pair{"b", 5us}, {"a", 9us}, {"c", 5us}, {"d", 1us}}) {
    trace.add(make_entry(trace.size(), name).with_duration(duration));
  }
  std::vector<std::uint64_t> steps;
  for (const EntryView entry : trace.slowest_ops(3)) steps.push_back(entry.step());
  EXPECT_EQ(steps, (std::vector<std::uint64_t>{1, 0, 2}));
  EXPECT_EQ(trace.slowest_ops(99).size(), 4U);
}

TEST(Trace, ComparesByWhatIdsStandFor) {
  Trace a;
  Trace b;
  b.op_names().intern("unused");
  b.signatures().intern(SignatureBuilder().finish());
  for (Trace* trace : {&a, &b}) trace->add(make_entry(0, "x").with_device("gpu:0").with_output_shape({2}));
  EXPECT_EQ(a, b);
  b.metadata["k"] = "v";
  EXPECT_FALSE(a == b);
}

TEST(TraceRecorder, EndsTheRunningOperationWhenTheNextBegins) {
  ManualClock time;
  TraceRecorder recorder(Clock::manual(time));
  recorder.end_op();  // nothing is running
  recorder.begin_op("conv");
  time.advance(3us);
  recorder.begin_op("relu");
  time.advance(2us);
  recorder.end_op_with_shapes({{1, 16}}, {1, 16});
  recorder.begin_op("pool");
  EXPECT_EQ(recorder.current_trace().size(), 2U);
  const Trace trace = std::move(recorder).finish();
  ASSERT_EQ(trace.size(), 3U);
  EXPECT_EQ(trace[0].operation(), "conv");
  EXPECT_EQ(trace[0].duration_us(), 3.0);
  EXPECT_EQ(trace[0].output_elements(), 1U);
  EXPECT_EQ(trace[0].memory_bytes(), 8U);
  EXPECT_EQ(trace[1].output_elements(), 16U);
  EXPECT_EQ(trace[2].step(), 2U);
}

TEST(Trace, CountsAnEntryInItsTotalsAsOftenAsItsWeightSays) {
  TraceEntry entry = make_entry(0, "a").with_output_shape({4}).with_duration(std::chrono::microseconds(10));
  entry.weight = 3;
  Trace trace;
  trace.add(entry);
  entry.weight = 1;
  trace.add(entry);
  EXPECT_EQ(trace.total_duration_us, 40.0);
  EXPECT_EQ(trace.total_memory_bytes(), 4U * 32U);
  EXPECT_EQ(trace.peak_memory_bytes(), 32U);
}

TEST(Trace, SaturatesWeightedSums) {
  TraceEntry entry = make_entry(0, "a");
  entry.memory_bytes = UINT64_MAX / 2;
  entry.weight = 3;
  Trace trace;
  trace.add(entry);
  EXPECT_EQ(trace.total_memory_bytes(), UINT64_MAX);
  EXPECT_EQ((FoldedTotal{.count = UINT64_MAX - 1, .extra = 5}.weight()), UINT64_MAX);
  EXPECT_EQ((FoldedTotal{.count = 2, .extra = 5}.weight()), 7U);
}

}  // namespace
}  // namespace ringtail::inline v1
