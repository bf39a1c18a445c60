#include "ringtail/analyze/activity.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

DeviceActivity only_device(const Trace& trace) {
  const std::optional<Activity> activity = device_activity(trace);
  return activity && activity->devices.size() == 1 ? activity->devices[0] : DeviceActivity();
}

TEST(DeviceActivity, CountsOverlappingAndNestedSpansOnce) {
  const Trace trace = TraceBuilder()
                          .on("gpu:0")
                          .span("a", 0ns, 10ns)
                          .span("b", 5ns, 20ns)
                          .span("c", 6ns, 8ns)
                          .span("d", 30ns, 40ns)
                          .build();
  EXPECT_EQ(only_device(trace), (DeviceActivity{"gpu:0", 30ns, 0ns, 10ns}));
}

TEST(DeviceActivity, CountsCommunicationOnlyWhereNothingComputes) {
  const Trace trace = TraceBuilder().on("gpu:0").span("matmul", 0ns, 10ns).span("AllReduce", 5ns, 20ns).build();
  EXPECT_EQ(only_device(trace), (DeviceActivity{"gpu:0", 10ns, 10ns, 0ns}));
}

TEST(DeviceActivity, MeasuresAllDevicesByTheSameWindow) {
  const Trace trace = TraceBuilder().on("gpu:1").span("a", 0ns, 10ns).on("gpu:0").span("a", 90ns, 100ns).build();
  const std::optional<Activity> activity = device_activity(trace);
  ASSERT_TRUE(activity.has_value());
  EXPECT_EQ(activity->window, 100ns);
  EXPECT_EQ(activity->devices[0], (DeviceActivity{"gpu:0", 10ns, 0ns, 90ns}));
  EXPECT_EQ(activity->devices[1], (DeviceActivity{"gpu:1", 10ns, 0ns, 90ns}));
}

TEST(DeviceActivity, IsNothingWhenASpanHasNoBegin) {
  EXPECT_FALSE(device_activity(TraceBuilder().on("gpu:0").untimed("a", 5ns).build()).has_value());
}

TEST(DeviceActivity, IsNothingWithoutDevices) {
  EXPECT_FALSE(device_activity(TraceBuilder().span("a", 0ns, 5ns).build()).has_value());
}

TEST(DeviceActivity, SurvivesTimesAtTheEndsOfTheirRange) {
  TraceEntry entry = make_entry(0, "a").with_device("gpu:0");
  entry.begin = Nanoseconds::max();
  entry.duration_us = 1e300;
  Trace trace;
  trace.add(entry);
  entry.begin = Nanoseconds{INT64_MIN + 1};
  trace.add(entry);
  const DeviceActivity activity = only_device(trace);
  EXPECT_EQ(activity.computing + activity.idle, device_activity(trace)->window);
}

}  // namespace
}  // namespace ringtail::inline v1
