// What a session does at its bounds: full rings, full tables, numbers at the ends of their ranges.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/collect/session_by_hand.h"
#include "tests/support/accounts.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::lost;
using ::testing::ElementsAre;
using SessionBounds = SessionByHand;

TEST_F(SessionBounds, FoldsWhatFindsTheRingFullAndSaysWhere) {
  Session session(by_hand({.ring_entries = 2}));
  const DeviceId gpu0 = session.device("gpu:0");
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const InternedShapes shapes = session.shapes({}, {10}, 4);
  for (int i = 1; i <= 5; ++i) {
    const Scope scope(recorder, "op", gpu0, shapes);
    time.advance(Nanoseconds{i});
  }
  EXPECT_EQ(session.drain_once(), 2U);
  span(recorder, "after", 7ns);
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 3U);
  EXPECT_EQ(trace[2].operation(), "after");
  EXPECT_EQ(trace[2].lost_before(), 3U);
  ASSERT_EQ(trace.folded.size(), 1U);
  const FoldedTotal& folded = trace.folded[0];
  EXPECT_EQ(folded.count, 3U);
  EXPECT_EQ(folded.duration, 12ns);
  EXPECT_EQ(folded.longest, 5ns);
  EXPECT_EQ(folded.bytes, 120U);
  ASSERT_EQ(trace.losses.size(), 1U);
  EXPECT_EQ(trace.losses[0], (Loss{ThreadId{0}, gpu0, LossCause::kRingFull, 3, 3ns, 15ns}));
  EXPECT_EQ(trace.threads[0].attempted, 6U);
  EXPECT_EQ(trace.threads[0].recorded, 3U);
  EXPECT_EQ(trace.threads[0].folded, 3U);
  EXPECT_NEAR(trace.total_duration_us, 0.022, 1e-12);
}

TEST_F(SessionBounds, FoldsPairsBeyondTheTableIntoOneMore) {
  Session session(by_hand({.ring_entries = 1, .fold_cells = 8}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 20; ++i) span(recorder, "op" + std::to_string(i), 1us);
  const Trace trace = session.take_trace();
  std::uint64_t other = 0;
  std::uint64_t all = 0;
  for (const FoldedTotal& folded : trace.folded) {
    all += folded.count;
    if (trace.operation(folded.op) == "(other)") other += folded.count;
  }
  EXPECT_EQ(all, 19U);
  EXPECT_EQ(other, 12U);  // seven of eight cells are used
}

TEST_F(SessionBounds, CountsThreadsThatGetNoRing) {
  Session session(by_hand({.max_rings = 1}));
  ASSERT_TRUE(session.start().ok());
  Recorder with = session.recorder("with");
  Recorder without = session.recorder("without");
  span(with, "a", 1us);
  span(without, "a", 2us);
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.size(), 1U);
  ASSERT_EQ(trace.losses.size(), 1U);
  EXPECT_EQ(trace.losses[0].cause, LossCause::kNoRing);
  EXPECT_EQ(trace.folded[0].duration, 2us);
  EXPECT_EQ(trace.threads[1].folded, 1U);
}

TEST_F(SessionBounds, UsesARingAgainAfterItsLastDrain) {
  Session session(by_hand({.max_rings = 1}));
  ASSERT_TRUE(session.start().ok());
  for (int i = 0; i < 3; ++i) {
    {
      Recorder recorder = session.recorder("w" + std::to_string(i));
      span(recorder, "op", 1us);
    }
    session.drain_once();
  }
  const Trace trace = session.take_trace();
  EXPECT_TRUE(trace.complete());
  ASSERT_EQ(trace.threads.size(), 3U);
  EXPECT_EQ(trace[2].thread(), ThreadId{2});
  EXPECT_EQ(trace.threads[2].name, "w2");
}

TEST_F(SessionBounds, FoldsPastTheBoundOnTheTrace) {
  Session session(by_hand({.max_spans = 3}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 10; ++i) span(recorder, "op", 1us);
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.size(), 3U);
  EXPECT_EQ(trace.losses[0].cause, LossCause::kMemoryBound);
  EXPECT_EQ(trace.losses[0].count, 7U);
  EXPECT_EQ(trace.folded[0].duration, 7us);
  EXPECT_EQ(trace.threads[0].recorded, 3U);
  EXPECT_EQ(trace.threads[0].folded, 7U);
}

TEST_F(SessionBounds, KeepsSpansWhoseShapesFindNoRoom) {
  Session session(by_hand({.ring_entries = 6, .max_signatures = 2}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (std::uint64_t i = 1; i <= 8; ++i) {
    const Scope scope(recorder, "op", kNoDevice, {}, {i}, 4);
  }
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 6U);
  EXPECT_FALSE(trace[1].shapes_dropped());
  EXPECT_TRUE(trace[2].shapes_dropped());
  EXPECT_EQ(trace[2].memory_bytes(), 12U);
  EXPECT_EQ(trace.folded[0].bytes, 4U * 7 + 4U * 8);
  EXPECT_EQ(trace.threads[0].shapes_dropped, 6U);
}

TEST_F(SessionBounds, SharesOneNameAmongThoseThatFindNoRoom) {
  Session session(by_hand({.max_ops = 3, .max_devices = 2}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (const char* name : {"a", "b", "c", "d", "a"}) span(recorder, name, 1us, recorder.device(name));
  const Trace trace = session.take_trace();
  EXPECT_THAT(operations(trace), ElementsAre("a", "b", "(other)", "(other)", "a"));
  EXPECT_EQ(trace[0].device(), "a");
  EXPECT_EQ(trace[3].device(), "(other)");
}

TEST_F(SessionBounds, KeepsSixteenMebibytesOfNamesSoThatAChunkOfAFileHoldsThem) {
  constexpr int kMost = 4'096;  // of so many bytes
  Session session(by_hand({.max_devices = 10'000}));
  ASSERT_TRUE(session.start().ok());
  std::string name(kMost, 'n');
  for (int i = 0; i < kMost + 2; ++i) {
    name.replace(0, 4, std::to_string(1'000 + i));
    Recorder recorder = session.recorder(name);
    span(recorder, name, 1us, recorder.device(name));
  }
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.threads.size(), kMost + 1U);
  EXPECT_EQ(trace.threads[kMost - 1].name.size(), name.size());
  EXPECT_EQ(trace.threads[kMost].name, "(more threads)");
  EXPECT_EQ(trace.threads[kMost].recorded, 2U);
  EXPECT_EQ(trace[kMost - 1].operation().size(), name.size());
  for (const EntryView last : {trace[kMost], trace[kMost + 1]}) {
    EXPECT_EQ(last.operation(), "(other)");
    EXPECT_EQ(last.device(), "(other)");
  }
}

TEST_F(SessionBounds, CutsLongNamesAtACharacterAndDropsHugeShapesSoThatFilesHoldThem) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  const std::string head(4'095, 'n');
  Recorder recorder = session.recorder(head + "\xC3\xA9");  // a character of two bytes, at 4,095 and 4,096
  span(recorder, head + "ab", 1us, recorder.device(head + "\xE2\x82\xAC"));
  Shape huge(5'000, 1);
  {
    Scope scope(recorder, "reshape");
    scope.shapes({Dims(huge)}, Dims());
  }
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.threads[0].name, head);
  EXPECT_EQ(trace[0].operation(), head + "a");
  EXPECT_EQ(trace[0].device(), head);
  EXPECT_TRUE(trace[1].shapes_dropped());
}

TEST_F(SessionBounds, TakesOptionsOutOfRangeAsTheNearerEnd) {
  const SessionOptions kOdd[] = {
      {.ring_entries = 0},   {.max_rings = 0},
      {.fold_cells = 0},     {.fold_cells = ~std::size_t{0}},
      {.max_spans = 0},      {.max_spans = ~std::size_t{0}},
      {.max_ops = 0},        {.max_devices = 0},
      {.max_signatures = 0}, {.max_threads = 0},
  };
  for (const SessionOptions& odd : kOdd) {
    Session session(by_hand(odd));
    ASSERT_TRUE(session.start().ok());
    Recorder recorder = session.recorder("w");
    for (int i = 0; i < 3; ++i) {
      const Scope scope(recorder, "op", recorder.device("gpu:0"), {{1}}, {2}, 4);
      time.advance(1us);
    }
    const Trace trace = session.take_trace();
    ASSERT_EQ(trace.threads.size(), 1U);
    EXPECT_EQ(trace.threads[0].attempted, 3U);
    EXPECT_EQ(trace.threads[0].recorded + trace.threads[0].folded, 3U);
    EXPECT_EQ(trace.total_memory_bytes(), 24U);
    EXPECT_DOUBLE_EQ(trace.total_duration_us, 3.0);
  }
}

TEST_F(SessionBounds, KeepsAKnownShapeForThreadsThatComeWhenTheTableIsFull) {
  Session session(by_hand({.max_signatures = 1}));
  ASSERT_TRUE(session.start().ok());
  for (const char* name : {"first", "second"}) {
    Recorder recorder = session.recorder(name);
    const Scope known(recorder, "op", kNoDevice, {}, {7});
    const Scope dropped(recorder, "op", kNoDevice, {}, {8});
  }
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.threads[0].shapes_dropped, 1U);
  EXPECT_EQ(trace.threads[1].shapes_dropped, 1U);
}

TEST_F(SessionBounds, SaturatesDepth) {
  Session session(by_hand({.ring_entries = 1 << 17}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  std::vector<std::unique_ptr<Scope>> open;
  for (int i = 0; i < 0x1'0002; ++i) open.push_back(std::make_unique<Scope>(recorder, "op"));
  while (!open.empty()) open.pop_back();
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace[0].depth(), 0xFFFFU);  // the deepest ended first
  EXPECT_EQ(trace[trace.size() - 1].depth(), 0U);
}

TEST_F(SessionBounds, TakesAnyNanoseconds) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const OpId op = recorder.op("op");
  recorder.complete(op, kNoDevice, CompleteSpan<Nanoseconds>{-5ns, 10ns});
  recorder.complete(op, kNoDevice, CompleteSpan<Nanoseconds>{Nanoseconds::min(), Nanoseconds::max()});
  recorder.complete(op, kNoDevice, CompleteSpan<Nanoseconds>{10ns, -5ns});
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 3U);
  EXPECT_EQ(trace[0].duration_us(), to_microseconds(Nanoseconds::max()));
  EXPECT_EQ(trace[1].duration_us(), to_microseconds(15ns));
  EXPECT_EQ(trace[1].begin(), -1s - 5ns);
  EXPECT_EQ(trace[2].duration_us(), 0.0);
  EXPECT_EQ(trace.threads[0].clock_steps, 1U);
}

TEST_F(SessionBounds, SaturatesTheDurationOfFoldedSpans) {
  Session session(by_hand({.ring_entries = 0}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 3; ++i) {
    recorder.complete(recorder.op("op"), kNoDevice, CompleteSpan<Nanoseconds>{0ns, Nanoseconds::max()});
  }
  EXPECT_EQ(session.take_trace().folded[0].duration, Nanoseconds::max());
}

TEST_F(SessionBounds, DoesNotLookUpIdsThatAreNotItsOwn) {
  Session session(by_hand({.ring_entries = 2}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 3; ++i) {
    const Scope scope(recorder, OpId{77}, DeviceId{5}, InternedShapes{ShapesId{99}, 12});
  }
  const Scope open(recorder, OpId{78});
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace[0].operation(), "(unknown)");
  EXPECT_EQ(trace[0].device(), "(unknown)");
  EXPECT_EQ(trace[0].memory_bytes(), 12U);
  EXPECT_EQ(trace.operation(trace.folded[0].op), "(unknown)");
  EXPECT_EQ(trace.device(trace.losses[0].device), "(unknown)");
  EXPECT_EQ(trace.operation(trace.open_spans[0].op), "(unknown)");
}

TEST_F(SessionBounds, StartsWithTheMemoryThatItsOptionsAskFor) {
  constexpr std::size_t kMegabyte = 1'000'000;
  for (const bool to_sink : {false, true}) {
    SessionOptions options;
    if (to_sink) options.sink = [](const Trace&) {};
    options.max_memory = kMegabyte + (to_sink ? 350 * options.ring_entries : 0);
    EXPECT_TRUE(Session(by_hand(options)).start().ok());
    options.max_memory /= 2;
    EXPECT_EQ(Session(by_hand(options)).start().error().code, ErrorCode::kNoMemory);
  }
}

TEST_F(SessionBounds, LeavesASecondRunTheMemoryThatSpansOfTheFirstTook) {
  constexpr std::size_t kBound = std::size_t{8} << 20U;
  Session session(by_hand({.ring_entries = 4'096, .max_memory = kBound}));
  for (int run = 0; run < 2; ++run) {
    ASSERT_TRUE(session.start().ok());
    {
      std::vector<Recorder> recorders;  // a third of a megabyte each
      for (int i = 0; i < 1 + 6 * run; ++i) recorders.push_back(session.recorder("w"));
      for (Recorder& recorder : recorders) span(recorder, "op", 1us);
      for (int i = 0; i < 600'000; ++i) {
        span(recorders[0], "op", 1us);
        if (i % 4'000 == 0) session.drain_once();
      }
    }
    const Trace trace = session.take_trace();
    EXPECT_GT(lost(trace, LossCause::kMemoryBound), 0U);
    EXPECT_EQ(lost(trace, LossCause::kNoRing), 0U);
    EXPECT_FALSE(trace.metadata.contains("ringtail.recorders_without_memory"));
    EXPECT_LE(session.memory().log, kBound / 4);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
