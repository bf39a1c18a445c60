#include "ringtail/format/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "format/json_reader.h"
#include "tests/support/hostile_trace.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// `text` with one entry's keys in place of the dots.
std::string with_entry(const std::string& keys) {
  return R"({"entries": [{"step": 0, "operation": "a", "input_shapes": [], "output_shape": [], "duration_us": 1, )"
         R"("output_elements": 0, "memory_bytes": 0)" +
         keys + R"(}], "total_duration_us": 1, "metadata": {}})";
}

Trace read_or_fail(const std::string& text) {
  Result<Trace> trace = read_json(text);
  EXPECT_TRUE(trace.ok()) << trace.error().message;
  return trace.ok() ? std::move(trace).value() : Trace{};
}

// A stream that takes so many bytes and no more.
class FullDisk : public std::streambuf {
 public:
  explicit FullDisk(std::streamsize room) : room_(room) {}

 protected:
  std::streamsize xsputn(const char*, std::streamsize count) override {
    const std::streamsize taken = std::min(count, room_);
    room_ -= taken;
    return taken;
  }
  int_type overflow(int_type) override { return traits_type::eof(); }

 private:
  std::streamsize room_;
};

TEST(JsonWrite, WritesAnEntryAsTheReferenceDoes) {
  Trace trace;
  trace.add(make_entry(0, "matmul")
                .with_device("gpu:0")
                .with_input_shapes({{2, 3}, {}})
                .with_output_shape({2})
                .with_duration(500us));
  trace.metadata["model"] = "m";
  EXPECT_EQ(to_json(trace), R"({
  "entries": [
    {
      "step": 0,
      "operation": "matmul",
      "device_id": "gpu:0",
      "input_shapes": [
        [
          2,
          3
        ],
        []
      ],
      "output_shape": [
        2
      ],
      "duration_us": 500.0,
      "output_elements": 2,
      "memory_bytes": 16
    }
  ],
  "total_duration_us": 500.0,
  "metadata": {
    "model": "m"
  }
})");
}

TEST(JsonWrite, PutsWhatTheReferenceDoesNotKnowBehindItsKeys) {
  Trace trace;
  TraceEntry entry = make_entry(3, "a");
  entry.begin = -5ns;
  entry.thread = ThreadId{0};
  entry.depth = 2;
  entry.queue_delay = 7ns;
  entry.shapes_dropped = true;
  entry.weight = 9;
  trace.add(entry);
  trace.origin = Origin{1ns, 2ns, "manual"};
  trace.threads.push_back({"main", 42, 2, 1, 1, 1, 0});
  trace.folded.push_back({OpId{0}, kNoDevice, 1, 9ns, 16, 9ns});
  trace.losses.push_back({ThreadId{0}, kNoDevice, LossCause::kRingFull, 1, 3ns, 12ns});
  trace.open_spans.push_back({ThreadId{0}, OpId{0}, DeviceId{trace.device_names().intern("d")}, 0, 20ns});
  EXPECT_EQ(to_json(trace), R"({
  "entries": [
    {
      "step": 3,
      "operation": "a",
      "device_id": null,
      "input_shapes": [],
      "output_shape": [],
      "duration_us": 0.0,
      "output_elements": 0,
      "memory_bytes": 0,
      "begin_ns": -5,
      "thread": 0,
      "depth": 2,
      "queue_delay_ns": 7,
      "shapes_dropped": true,
      "weight": 9
    }
  ],
  "total_duration_us": 0.0,
  "metadata": {},
  "ringtail": {
    "version": 1,
    "origin": {
      "monotonic_ns": 1,
      "realtime_ns": 2,
      "clock": "manual"
    },
    "threads": [
      {
        "name": "main",
        "os_id": 42,
        "attempted": 2,
        "recorded": 1,
        "folded": 1,
        "shapes_dropped": 1,
        "clock_steps": 0
      }
    ],
    "folded": [
      {
        "operation": "a",
        "device_id": null,
        "count": 1,
        "duration_ns": 9,
        "bytes": 16,
        "longest_ns": 9
      }
    ],
    "losses": [
      {
        "thread": 0,
        "device_id": null,
        "cause": "ring full",
        "count": 1,
        "first_ns": 3,
        "last_ns": 12
      }
    ],
    "open_spans": [
      {
        "thread": 0,
        "operation": "a",
        "device_id": "d",
        "depth": 0,
        "begin_ns": 20
      }
    ]
  }
})");
}

TEST(JsonWrite, SaysWhatRecordingCostAndWhatWasThinned) {
  Trace trace;
  trace.threads.push_back({"main", 42, 2, 1, 1, 1, 0, 7, 50ns, 40ns, 30ns});
  trace.folded.push_back({OpId{trace.op_names().intern("a")}, kNoDevice, 1, 9ns, 16, 9ns, 5});
  trace.categories.push_back({"comm", false, 3ns, 8, true});
  trace.cost = TracerCost{20.5, 12.25, 1.0, 100ns, 200ns, 300ns};
  EXPECT_EQ(to_json(trace), R"({
  "entries": [],
  "total_duration_us": 0.0,
  "metadata": {},
  "ringtail": {
    "version": 1,
    "threads": [
      {
        "name": "main",
        "os_id": 42,
        "attempted": 2,
        "recorded": 1,
        "folded": 1,
        "shapes_dropped": 1,
        "clock_steps": 0,
        "sampled_out": 7,
        "held_ns": 50,
        "cpu_ns": 40,
        "blocked_ns": 30
      }
    ],
    "folded": [
      {
        "operation": "a",
        "device_id": null,
        "count": 1,
        "duration_ns": 9,
        "bytes": 16,
        "longest_ns": 9,
        "extra": 5
      }
    ],
    "categories": [
      {
        "name": "comm",
        "recorded": false,
        "shortest_ns": 3,
        "one_in": 8,
        "governed": true
      }
    ],
    "cost": {
      "recorded_ns": 20.5,
      "folded_ns": 12.25,
      "sampled_out_ns": 1.0,
      "collector_cpu_ns": 100,
      "process_cpu_ns": 200,
      "wall_ns": 300
    }
  }
})");
}

TEST(JsonWrite, WritesInvalidUtf8AsReplacementCharacters) {
  Trace trace;
  trace.add(make_entry(0,
                       "a\xFF"
                       "b")
                .with_device("\xC3"));
  EXPECT_NE(to_json(trace).find("\"a\xEF\xBF\xBD"
                                "b\""),
            std::string::npos);
  const Trace back = read_or_fail(to_json(trace));
  EXPECT_EQ(back[0].device(), "\xEF\xBF\xBD");
}

TEST(JsonWrite, RefusesWhatJsonCannotSayBeforeTheFirstByte) {
  const auto message_of = [](const Trace& trace) {
    std::ostringstream out;
    const Status status = write_json(trace, out);
    EXPECT_EQ(out.str(), "");
    EXPECT_EQ(to_json(trace), "");
    if (status.ok()) return std::string("ok");
    EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
    return status.error().message;
  };
  for (const auto& [value, text] : {std::pair{NAN, "NaN"}, {kInfinity, "inf"}, {-kInfinity, "-inf"}}) {
    Trace trace;
    trace.add(make_entry(0, "a"));
    TraceEntry entry = make_entry(1, "a");
    entry.duration_us = value;
    trace.add(entry);
    EXPECT_EQ(message_of(trace), std::string("$.entries[1].duration_us: expected a finite number, found ") + text);
  }
  Trace total;
  total.total_duration_us = kInfinity;
  EXPECT_EQ(message_of(total), "$.total_duration_us: expected a finite number, found inf");
  Trace keys;
  keys.metadata = {{"a\xFE", ""}, {"a\xFF", ""}};
  EXPECT_EQ(message_of(keys),
            "$.metadata: expected keys that differ when invalid UTF-8 is replaced, found \"a\\xff\"");
  Trace threads;
  threads.threads.resize(2);
  threads.losses.push_back({.thread = ThreadId{2}});
  EXPECT_EQ(message_of(threads), "$.ringtail.losses[0].thread: expected an index below 2, found 2");
  Trace weightless;
  weightless.append({.weight = 0});
  EXPECT_EQ(message_of(weightless), "$.entries[0].weight: expected a number of spans, at least 1, found 0");
  Trace category;
  category.categories.push_back({.name = "a", .one_in = 0});
  EXPECT_EQ(message_of(category), "$.ringtail.categories[0].one_in: expected a number of spans, at least 1, found 0");
  Trace cost;
  cost.cost = TracerCost{.folded_ns = NAN};
  EXPECT_EQ(message_of(cost), "$.ringtail.cost.folded_ns: expected a finite number, found NaN");
}

TEST(JsonWrite, ReportsAStreamThatFails) {
  Trace trace;
  for (std::uint64_t i = 0; i < 2000; ++i) trace.add(make_entry(i, "a"));
  for (const std::streamsize room : {0, 1, 65'536, 200'000}) {
    FullDisk disk(room);
    std::ostream out(&disk);
    const Status status = write_json(trace, out);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kIo);
  }
}

TEST(JsonRead, GivesBackWhatWasWritten) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Trace trace = HostileTrace(seed).make();
    std::ostringstream out;
    const Status status = write_json(trace, out);
    ASSERT_TRUE(status.ok()) << "seed " << seed << ": " << status.error().message;
    EXPECT_EQ(out.str(), to_json(trace)) << "seed " << seed;
    for (const std::size_t block_bytes : {1U, 3U, 1000U, 65'536U}) {
      std::istringstream in(out.str());
      const Result<Trace> back = read_json_in_blocks(in, block_bytes);
      ASSERT_TRUE(back.ok()) << "seed " << seed << ": " << back.error().message;
      ASSERT_TRUE(back.value() == trace) << "seed " << seed << ":\n" << out.str();
      ASSERT_EQ(to_json(back.value()), out.str()) << "seed " << seed;
    }
  }
}

TEST(JsonRead, FindsTheElementSizeWhereShapesAndBytesAgree) {
  Trace trace;
  trace.add(make_entry(0, "a").with_output_shape({3, 5}, 4));
  trace.add(make_entry(1, "a").with_output_shape({}, 2));
  trace.add(make_entry(2, "a").with_output_shape({0, 7}, 4));
  trace.add(make_entry(3, "a").with_input_shapes({{8}}));
  trace.add(make_entry(4, "a"));
  const Trace back = read_or_fail(to_json(trace));
  EXPECT_TRUE(back.columns().memory_bytes.empty());
  EXPECT_TRUE(back.columns().output_elements.empty());
  EXPECT_EQ(back.signatures().at(back.columns().shapes[0]).element_bytes(), 4U);
  EXPECT_EQ(back, trace);
}

TEST(JsonRead, KeepsFactsThatContradictEachOther) {
  const Trace trace = read_or_fail(R"({"entries": [{"step": 7, "operation": "", "device_id": "", "input_shapes": [[]],
      "output_shape": [2, 3], "duration_us": -2.5, "output_elements": 5, "memory_bytes": 12345}],
      "total_duration_us": 3, "metadata": {}})");
  EXPECT_EQ(trace[0].output_elements(), 5U);
  EXPECT_EQ(trace[0].memory_bytes(), 12345U);
  EXPECT_EQ(trace[0].duration_us(), -2.5);
  EXPECT_EQ(trace[0].device(), "");
  EXPECT_EQ(trace.total_duration_us, 3.0);
}

TEST(JsonRead, TakesKeysInAnyOrder) {
  const Trace trace = read_or_fail(
      R"({"ringtail": {"threads": [], "version": 1}, "metadata": {"b": "2", "a": "1"}, "total_duration_us": 2.0, "entries":
      [{"memory_bytes": 8, "output_shape": [2], "input_shapes": [[3]], "output_elements": 2, "duration_us": 2, "device_id": "d",
        "operation": "o", "step": 1}]})");
  Trace expected;
  TraceEntry entry = make_entry(1, "o").with_device("d").with_input_shapes({{3}}).with_output_shape({2}, 4);
  entry.duration_us = 2.0;
  expected.add(entry);
  expected.metadata = {{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(trace, expected);
}

TEST(JsonRead, TakesAMissingAndANullDeviceAsNone) {
  EXPECT_EQ(read_or_fail(with_entry(""))[0].device(), std::nullopt);
  EXPECT_EQ(read_or_fail(with_entry(R"(, "device_id": null)"))[0].device(), std::nullopt);
}

TEST(JsonRead, TakesFalseAndZeroAsTheAbsenceThatTheyAre) {
  const Trace trace = read_or_fail(with_entry(R"(, "depth": 0, "shapes_dropped": false)"));
  EXPECT_EQ(trace, read_or_fail(with_entry("")));
}

TEST(JsonRead, IgnoresUnknownKeysWhateverTheyHold) {
  const std::string ignored[] = {"1e999",
                                 "-99999999999999999999",
                                 R"({"step": -1, "step": 2})",
                                 "[[[]]]",
                                 "\"\\u0000\"",
                                 "null",
                                 "true",
                                 "-0",
                                 "1e-999999",
                                 R"([{"a": [1, {"b": null}]}, "x"])"};
  for (const std::string& value : ignored) {
    const std::string keys = R"(, "unknown": )" + value + R"(, "also \"unknown": )" + value;
    EXPECT_EQ(read_or_fail(with_entry(keys)), read_or_fail(with_entry(""))) << value;
  }
}

TEST(JsonRead, TakesIntegersAsDurationsAndRoundsLongOnesRight) {
  const auto duration_of = [](const std::string& number) {
    return read_or_fail(R"({"entries": [], "metadata": {}, "total_duration_us": )" + number + "}").total_duration_us;
  };
  EXPECT_EQ(duration_of("500"), 500.0);
  EXPECT_TRUE(std::signbit(duration_of("-0")));
  EXPECT_EQ(duration_of("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(duration_of("-18446744073709551617"), -18446744073709551616.0);
  EXPECT_EQ(duration_of("0.500000000000000166533453693773481063544750213623046875"), 0.5000000000000002);
  EXPECT_EQ(duration_of("1e-400"), 0.0);
  EXPECT_EQ(duration_of("5E-324"), 5e-324);
}

// A character or escape that two pieces share, amid more text than the parser's buffer holds (json_reader.cpp).
TEST(JsonRead, TakesCharactersAndEscapesCutAnywhereInLongStrings) {
  const std::pair<std::string, std::string> kCut[] = {
      {"\\u20ac", "\u20AC"}, {"\\ud83d\\ude00", "\U0001F600"}, {"\u20AC", "\u20AC"}, {"\U0001F600", "\U0001F600"}};
  for (const auto& [written, meant] : kCut) {
    // An escape at the start makes all of the string go through the buffer.
    std::string text = R"({"entries": [], "total_duration_us": 0, "metadata": {"k": "\n)";
    std::string value = "\n";
    for (int i = 0; i < 10; ++i) {
      text += written + std::string(5000, 'x');
      value += meant + std::string(5000, 'x');
    }
    text += "\"}}";
    for (std::size_t block_bytes = 4083; block_bytes < 5010; ++block_bytes) {
      std::istringstream in(text);
      const Result<Trace> trace = read_json_in_blocks(in, block_bytes);
      ASSERT_TRUE(trace.ok()) << trace.error().message;
      ASSERT_TRUE(trace.value().metadata.at("k") == value) << written << " in blocks of " << block_bytes;
    }
  }
}

TEST(JsonRead, AllowsThirtyTwoLevels) {
  const std::string deep = std::string(29, '[') + std::string(29, ']');
  EXPECT_TRUE(read_json(with_entry(", \"x\": " + deep)).ok());
  EXPECT_FALSE(read_json(with_entry(", \"x\": [" + deep + "]")).ok());
}

TEST(JsonRead, AllowsAThreadIndexWithoutATableOfThreads) {
  EXPECT_EQ(read_or_fail(with_entry(R"(, "thread": 4294967294)"))[0].thread(), ThreadId{4294967294});
}

TEST(JsonRead, ReportsAStreamThatCannotBeRead) {
  std::istringstream in("{}");
  in.setstate(std::ios::badbit);
  const Result<Trace> trace = read_json(in);
  ASSERT_FALSE(trace.ok());
  EXPECT_EQ(trace.error().code, ErrorCode::kIo);
  EXPECT_EQ(trace.error().message, "byte 0: expected to read to the end, found a stream that failed");
}

}  // namespace
}  // namespace ringtail::inline v1
