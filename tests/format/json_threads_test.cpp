// Reading and writing on several threads, whatever the machine has.
#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <streambuf>

#include "format/canonical_reader.h"
#include "format/json_reader.h"
#include "format/parallel.h"
#include "ringtail/format/json.h"
#include "tests/support/hostile_trace.h"
#include "tests/support/same_numbering.h"

namespace ringtail::inline v1 {
namespace {

// Names and signatures that come again and others that do not, enough rows for several pieces.
Trace large_trace() {
  HostileTrace random(7);
  Trace trace;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    TraceEntry entry = make_entry(i, "op " + std::to_string(random.below(300) == 0 ? i : i % 10))
                           .with_device("gpu:" + std::to_string(random.below(4)))
                           .with_input_shapes({{i % 7, random.below(1'000)}})
                           .with_output_shape({random.below(9), i % 5})
                           .with_duration(Nanoseconds{static_cast<std::int64_t>(random.below(10'000'000))});
    if (random.chance(3)) entry.begin = Nanoseconds{static_cast<std::int64_t>(i)};
    if (random.chance(1'000)) entry.weight = 2;
    if (random.chance(5'000)) entry.memory_bytes = 3;
    trace.add(entry);
  }
  return trace;
}

TEST(JsonThreads, ReadTheSameTraceInAnyNumberOfParts) {
  const std::string text = to_json(large_trace());
  std::istringstream in(text);
  const Result<Trace> expected = read_json_in_blocks(in, std::size_t{64} * 1024);
  ASSERT_TRUE(expected.ok());
  for (const std::size_t parts : {1U, 2U, 3U, 8U}) {
    const std::optional<Trace> trace = read_canonical(JsonSource(text), {.parts = parts});
    ASSERT_TRUE(trace.has_value());
    EXPECT_TRUE(same_numbering(*trace, expected.value())) << parts << " parts";
  }
}

TEST(JsonThreads, LeaveAFileThatDeviatesInOnePart) {
  std::string text = to_json(large_trace());
  text.insert(text.size() * 3 / 4, " ");
  EXPECT_FALSE(read_canonical(JsonSource(text), {.parts = 4}).has_value());
}

TEST(JsonThreads, WriteWhatTheyReadByteForByte) {
  const Trace trace = large_trace();
  std::ostringstream out;
  ASSERT_TRUE(write_json(trace, out).ok());
  const Result<Trace> back = read_json(out.view());
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back.value() == trace);
  EXPECT_TRUE(to_json(back.value()) == out.view());
}

TEST(InOrder, TakesEveryTextOnceInOrderForAnyNumberOfThreads) {
  for (const std::size_t threads : {1U, 2U, 5U, 40U}) {
    std::string taken;
    std::string expected;
    for (std::size_t i = 0; i < 500; ++i) expected += std::to_string(i) + " ";
    in_order(
        500, threads, [](std::size_t i, TextBuffer& text) { text.append(std::to_string(i) + " "); },
        [&](std::string_view text) {
          taken += text;
          return true;
        });
    EXPECT_EQ(taken, expected) << threads << " threads";
  }
}

TEST(InOrder, StopsWhereTheTakerHasEnough) {
  std::atomic<std::size_t> made{0};
  std::size_t taken = 0;
  in_order(
      100'000, 4,
      [&](std::size_t, TextBuffer& text) {
        text.append("x");
        made.fetch_add(1, std::memory_order_relaxed);  // a count, read after the threads are joined
      },
      [&](std::string_view) { return ++taken < 3; });
  EXPECT_EQ(taken, 3U);
  EXPECT_LT(made.load(std::memory_order_relaxed), 1'000U);  // after the join
}

// What a call throws, "" when it returns.
template <class Call>
std::string thrown_by(const Call& call) {
  try {
    call();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(InOrder, GivesTheCallerWhatTheTakerThrows) {
  for (const std::size_t threads : {1U, 4U}) {
    std::size_t taken = 0;
    const std::string what = thrown_by([&] {
      in_order(
          500, threads, [](std::size_t, TextBuffer& text) { text.append("x"); },
          [&](std::string_view) { return ++taken == 3 ? throw std::runtime_error("enough") : true; });
    });
    EXPECT_EQ(what, "enough") << threads << " threads";
    EXPECT_EQ(taken, 3U);
  }
}

// With one piece that cannot be made, on whichever thread it falls, and with none that can.
TEST(InOrder, GivesTheCallerWhatAMakerThrows) {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    for (std::size_t bad = 0; bad < 500; bad += 7) {
      std::size_t taken = 0;
      const std::string what = thrown_by([&] {
        in_order(
            500, threads,
            [&](std::size_t i, TextBuffer& text) {
              if (i == bad) throw std::runtime_error("no text");
              text.append("x");
            },
            [&](std::string_view) { return ++taken > 0; });
      });
      EXPECT_EQ(what, "no text") << threads << " threads, piece " << bad;
      EXPECT_LE(taken, bad);
    }
    const auto make = [](std::size_t, TextBuffer&) { throw std::runtime_error("none"); };
    EXPECT_EQ(thrown_by([&] { in_order(500, threads, make, [](std::string_view) { return true; }); }), "none");
  }
}

// A disk that is full after some bytes, told by an exception.
class FullDisk : public std::streambuf {
 public:
  explicit FullDisk(std::streamsize room) : room_(room) {}

 private:
  std::streamsize xsputn(const char*, std::streamsize count) override {
    room_ -= count;
    return room_ < 0 ? throw std::runtime_error("full") : count;
  }
  std::streamsize room_;
};

TEST(JsonThreads, EndWhenTheStreamThrows) {
  FullDisk disk(400'000);
  std::ostream out(&disk);
  out.exceptions(std::ios::badbit);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(write_json(large_trace(), out)); }), "full");
}

// Sanitizers end a program that asks for so much.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(JsonThreads, LeaveAFileThatThereIsNoMemoryFor) {
  const std::string text = to_json(large_trace());
  for (const std::size_t parts : {1U, 4U}) {
    EXPECT_FALSE(read_canonical(JsonSource(text), {.parts = parts, .block_bytes = SIZE_MAX - 1'000}).has_value());
  }
}
#endif

TEST(InParallel, DoesAllPartsAndGivesTheCallerWhatOneThrows) {
  for (std::size_t bad = 0; bad < 9; ++bad) {
    std::vector<int> done(9, 0);
    const std::string what = thrown_by([&] {
      in_parallel(done.size(), [&](std::size_t i) {
        ++done[i];
        if (i == bad) throw std::runtime_error("part " + std::to_string(i));
      });
    });
    EXPECT_EQ(what, "part " + std::to_string(bad));
    EXPECT_EQ(done, std::vector<int>(9, 1));
  }
}

TEST(InParallel, DoesEachPartOnce) {
  std::vector<int> done(9, 0);
  in_parallel(done.size(), [&](std::size_t i) { ++done[i]; });
  EXPECT_EQ(done, std::vector<int>(9, 1));
}

}  // namespace
}  // namespace ringtail::inline v1
