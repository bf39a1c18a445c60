#include "lib/format/chrome_layout.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/golden_traces.h"
#include "tests/support/random_trace.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

TEST(ChromeLayout, ShowsEveryRowOnceAtItsTimesOnARowOfItsDeviceAndThread) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Trace trace = random_trace(seed, true);
    const ChromeLayout layout = chrome_layout(trace);
    ASSERT_EQ(layout.events.size(), trace.size());
    EXPECT_EQ(layout.untimed, 0U);
    std::vector<int> seen(trace.size());
    for (const ChromeEvent& event : layout.events) {
      ++seen[event.row];
      const TraceEntry entry = trace[event.row].to_entry();
      EXPECT_EQ(static_cast<std::int64_t>(event.begin_ns - layout.ts_shift_ns), entry.begin->count());
      EXPECT_EQ(Nanoseconds{static_cast<std::int64_t>(event.end_ns - event.begin_ns)},
                to_nanoseconds(entry.duration_us));
      const ChromeRow& row = layout.rows[event.chrome_row];
      EXPECT_EQ(trace.device(layout.processes[row.process]), trace[event.row].device());
      EXPECT_TRUE(row.name.starts_with(trace.threads[index_of(entry.thread)].name)) << row.name;
    }
    EXPECT_TRUE(std::ranges::all_of(seen, [](int times) { return times == 1; }));
  }
}

TEST(ChromeLayout, LetsEventsOfARowNestOrBeDisjoint) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const ChromeLayout layout = chrome_layout(random_trace(seed, seed % 4 != 0));
    for (const ChromeEvent& a : layout.events) {
      for (const ChromeEvent& b : layout.events) {
        if (&a == &b || a.chrome_row != b.chrome_row) continue;
        const bool disjoint = a.end_ns <= b.begin_ns || b.end_ns <= a.begin_ns;
        const bool a_in_b = b.begin_ns <= a.begin_ns && a.end_ns <= b.end_ns;
        const bool b_in_a = a.begin_ns <= b.begin_ns && b.end_ns <= a.end_ns;
        ASSERT_TRUE(disjoint || a_in_b || b_in_a) << a.row << " and " << b.row;
      }
    }
  }
}

TEST(ChromeLayout, GivesOverlapsRowsOfTheirOwn) {
  const Trace trace = TraceBuilder().thread("copy").span("a", 0ns, 10ns).span("b", 5ns, 15ns).build();
  const ChromeLayout layout = chrome_layout(trace);
  ASSERT_EQ(layout.rows.size(), 2U);
  EXPECT_EQ(layout.rows[0].name, "copy");
  EXPECT_EQ(layout.rows[1].name, "copy (2)");
}

TEST(ChromeLayout, SortsDevicesByNameAndPutsNoDeviceLast) {
  const Trace trace =
      TraceBuilder().span("a", 0ns, 1ns).on("b").span("a", 0ns, 1ns).on("").span("a", 0ns, 1ns).build();
  const ChromeLayout layout = chrome_layout(trace);
  ASSERT_EQ(layout.processes.size(), 3U);
  EXPECT_EQ(trace.device(layout.processes[0]), "");
  EXPECT_EQ(trace.device(layout.processes[1]), "b");
  EXPECT_EQ(layout.processes[2], kNoDevice);
}

TEST(ChromeLayout, MovesAllTimesWhenASpanBeginsBeforeTheOrigin) {
  const ChromeLayout layout = chrome_layout(TraceBuilder().span("a", -7ns, 1ns).span("b", 2ns, 3ns).build());
  EXPECT_EQ(layout.ts_shift_ns, 7U);
  EXPECT_EQ(layout.events[0].begin_ns, 0U);
  EXPECT_EQ(layout.events[1].begin_ns, 9U);
  EXPECT_EQ(chrome_layout(TraceBuilder().span("a", 5ns, 6ns).build()).ts_shift_ns, 0U);
}

TEST(ChromeLayout, LaysRowsWithoutTimesEndToEndPerDevice) {
  const Trace trace =
      TraceBuilder().on("x").untimed("a", 10ns).on("y").untimed("b", 3ns).on("x").untimed("c", 5ns).build();
  const ChromeLayout layout = chrome_layout(trace);
  EXPECT_EQ(layout.untimed, 3U);
  ASSERT_EQ(layout.rows.size(), 2U);
  EXPECT_EQ(layout.rows[0].name, "no start times");
  ASSERT_EQ(layout.events.size(), 3U);
  EXPECT_EQ(layout.events[1].row, 2U);
  EXPECT_EQ(layout.events[1].begin_ns, 10U);
  EXPECT_EQ(layout.events[1].end_ns, 15U);
  EXPECT_EQ(layout.events[2].begin_ns, 0U);
}

TEST(ChromeLayout, KeepsRowsWithAndWithoutTimesApart) {
  const ChromeLayout layout = chrome_layout(TraceBuilder().span("a", 0ns, 9ns).untimed("b", 5ns).build());
  EXPECT_EQ(layout.untimed, 1U);
  ASSERT_EQ(layout.rows.size(), 2U);
  EXPECT_EQ(layout.rows[0].name, "spans");
  EXPECT_EQ(layout.rows[1].name, "no start times");
}

TEST(ChromeLayout, CutsDurationsThatNoTimelineCanHold) {
  const Trace trace =
      TraceBuilder().untimed_us("a", -1.0).untimed_us("b", 1e300).untimed_us("c", 1.0).untimed_us("d", 0.0).build();
  const ChromeLayout layout = chrome_layout(trace);
  EXPECT_EQ(layout.durations_cut, 3U);  // c has no room left after b
  for (const ChromeEvent& event : layout.events) EXPECT_LE(event.end_ns, std::uint64_t{1} << 62U);
  EXPECT_EQ(chrome_layout(number_forms_trace()).events.size(), 18U);
}

TEST(ChromeLayout, TakesBeginsAtBothEndsOfTheRange) {
  TraceEntry early = make_entry(0, "early");
  early.begin = Nanoseconds{INT64_MIN + 1};
  TraceEntry late = make_entry(1, "late");
  late.begin = Nanoseconds::max();
  const ChromeLayout layout = chrome_layout(TraceBuilder().entry(early).entry(late).build());
  EXPECT_EQ(layout.ts_shift_ns, std::uint64_t{INT64_MAX});
  EXPECT_EQ(layout.events[0].begin_ns, 0U);
  EXPECT_EQ(layout.events[1].begin_ns, std::uint64_t{1} << 62U);
  EXPECT_EQ(layout.durations_cut, 1U);
}

}  // namespace
}  // namespace ringtail::inline v1
