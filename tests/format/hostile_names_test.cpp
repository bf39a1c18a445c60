// What every exporter makes of names that break careless ones, and of numbers that are none.
#include "tests/support/hostile_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <sstream>

#include "format/utf8.h"
#include "ringtail/format/chrome.h"
#include "ringtail/format/collapsed.h"
#include "ringtail/format/csv.h"
#include "ringtail/format/json.h"
#include "ringtail/format/rtt.h"
#include "tests/format/rtt_file.h"
#include "tests/support/json_syntax.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

template <class Write>
std::string written(Write write, const Trace& trace) {
  std::ostringstream out;
  EXPECT_TRUE(write(trace, out).ok());
  return out.str();
}

std::string as_utf8(std::string_view name) {
  std::string text;
  append_utf8(text, name);
  return text;
}

// The frames of one line of collapsed stacks, as any reader takes them: up to the last space, between semicolons.
std::vector<std::string> frames_of(const std::string& line) {
  std::istringstream stack(line.substr(0, line.rfind(' ')) + ";");
  std::vector<std::string> frames;
  for (std::string frame; std::getline(stack, frame, ';');) frames.push_back(frame);
  return frames;
}

TEST(HostileNames, AreMoreThanTwoHundredAndAllDifferent) {
  const std::vector<std::string> names = hostile_names();
  EXPECT_GT(names.size(), 200U);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  EXPECT_GT(std::ranges::count_if(names, [](const std::string& name) { return !is_utf8(name); }), 20);
  EXPECT_EQ(std::ranges::max(names, {}, &std::string::size).size(), std::size_t{1} << 20U);
}

TEST(HostileNames, ReadBackEqualFromJson) {
  std::vector<std::string> names = hostile_names();
  std::erase_if(names, [](const std::string& name) { return !is_utf8(name); });
  const Trace trace = hostile_named_trace(names);
  const std::string text = to_json(trace);
  EXPECT_TRUE(is_json(text));
  const Result<Trace> read = read_json(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value(), trace);
  std::istringstream in(text);
  const Result<Trace> streamed = read_json(in);
  ASSERT_TRUE(streamed.ok()) << streamed.error().message;
  EXPECT_EQ(streamed.value(), trace);
}

TEST(HostileNames, ThatAreNoUtf8ReadBackFromJsonWithReplacementCharacters) {
  const std::vector<std::string> names = hostile_names();
  const Result<Trace> read = read_json(to_json(hostile_named_trace(names)));
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read.value().size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(read.value()[i].operation(), as_utf8(names[i]));
    EXPECT_EQ(read.value()[i].device(), as_utf8(names[i]));
    EXPECT_EQ(read.value().threads[i].name, as_utf8(names[i]));
  }
}

TEST(HostileNames, ReadBackEqualFromRttWhateverTheirBytes) {
  const Trace trace = hostile_named_trace(hostile_names());
  for (const bool compress : {false, true}) EXPECT_EQ(must_read_rtt(write_rtt(trace, {compress}).file()), trace);
}

TEST(HostileNames, ArePrintableInMessagesOfRtt) {
  for (const std::string& name : hostile_names()) {
    Trace trace;
    trace.metadata[name + std::string((std::size_t{1} << 20U) + 1, 'x')] = "too long";
    RttWriter writer([](std::span<const std::byte>) -> Status { return Done{}; });
    const Status refused = writer.append(trace);
    ASSERT_FALSE(refused.ok());
    const Result<Trace> unread = read_rtt_bytes(name + std::string(56, 'x'));
    ASSERT_FALSE(unread.ok());
    for (const std::string& message : {refused.error().message, unread.error().message}) {
      EXPECT_TRUE(std::ranges::all_of(message, [](char c) { return c >= ' ' && c <= '~'; })) << message;
      EXPECT_LT(message.size(), 300U);
    }
  }
}

TEST(HostileNames, MakeChromeJsonThatIsJsonAndUtf8) {
  Trace trace = hostile_named_trace(hostile_names());
  for (const std::string& name : hostile_names()) trace.metadata[name] = name;
  const std::string text = written(write_chrome, trace);
  EXPECT_TRUE(is_json(text));
  EXPECT_TRUE(is_utf8(text));
}

TEST(HostileNames, KeepEveryMetadataOfChromeJsonUnderAKeyOfItsOwn) {
  Trace trace;
  trace.metadata = {{"\uFFFD", "a"}, {"\uFFFD (2)", "b"}, {"\xFE", "c"}, {"\xFF", "d"}};
  EXPECT_NE(written(write_chrome, trace)
                .find("{\"\uFFFD\":\"a\",\"\uFFFD (2)\":\"b\",\"\uFFFD (3)\":\"c\",\"\uFFFD (4)\":\"d\"}"),
            std::string::npos);
}

TEST(HostileNames, ReadBackByteForByteFromCollapsedStacks) {
  const std::vector<std::string> names = hostile_names();
  std::set<std::string> devices;
  std::set<std::string> ops;
  std::istringstream lines(written(write_collapsed, hostile_named_trace(names)));
  for (std::string line; std::getline(lines, line);) {
    const std::string weight = line.substr(line.rfind(' ') + 1);
    EXPECT_EQ(weight.find_first_not_of("0123456789"), std::string::npos) << weight;
    const std::vector<std::string> frames = frames_of(line);
    ASSERT_EQ(frames.size(), 3U);
    devices.insert(unescape_frame(frames[1]).value());
    ops.insert(unescape_frame(frames[2]).value());
  }
  const std::set<std::string> expected(names.begin(), names.end());
  EXPECT_EQ(devices, expected);
  EXPECT_EQ(ops, expected);
}

TEST(HostileNames, MakeCsvThatIsUtf8WithoutNul) {
  const std::string text = written([](const Trace& trace, std::ostream& out) { return write_csv(trace, out); },
                                   hostile_named_trace(hostile_names()));
  EXPECT_TRUE(is_utf8(text));
  EXPECT_EQ(text.find('\0'), std::string::npos);
}

// Duration of a row, total and cost, each with a value that no format has.
std::vector<Trace> traces_of_no_numbers() {
  std::vector<Trace> traces;
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()}) {
    traces.push_back(TraceBuilder().on("d").untimed_us("a", value).build());
    traces.push_back(TraceBuilder().on("d").untimed("a", 1us).build());
    traces.back().total_duration_us = value;
    traces.push_back(TraceBuilder().on("d").untimed("a", 1us).build());
    traces.back().cost = TracerCost{.recorded_ns = value};
  }
  return traces;
}

TEST(NoNumbers, AreRefusedByJsonBeforeTheFirstByte) {
  for (const Trace& trace : traces_of_no_numbers()) {
    std::ostringstream out;
    const Status status = write_json(trace, out);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(out.str(), "");
  }
}

TEST(NoNumbers, NeverStandInWhatTheOthersWrite) {
  for (const Trace& trace : traces_of_no_numbers()) {
    EXPECT_TRUE(is_json(written(write_chrome, trace)));
    for (const std::string& text :
         {written(write_chrome, trace), written(write_collapsed, trace),
          written([](const Trace&t, std::ostream&out) { return write_csv(t, out); }, trace)}) {
      for (const char* token : {"nan", "NaN", "inf,", "inf}", "-inf", "Infinity"}) {
        EXPECT_EQ(text.find(token), std::string::npos) << text;
      }
    }
  }
}

}  // namespace
}  // namespace ringtail::inline v1
