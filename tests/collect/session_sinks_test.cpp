// Where spans go: memory, a flight recorder's window, a sink. One thread, a clock turned by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/collect/session_by_hand.h"
#include "tests/support/accounts.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::expect_accounts_add_up;
using ::ringtail::testing::lost;
using ::testing::ElementsAre;
using SessionSinks = SessionByHand;

TEST_F(SessionSinks, KeepTheLatestSpansAndFoldTheOthers) {
  Session session(by_hand({.max_spans = 32, .keep = Keep::kLatest}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 1000; ++i) {
    span(recorder, "op" + std::to_string(i), 1us);
    if (i % 7 == 0) session.drain_once();
  }
  const Trace trace = session.take_trace();
  expect_accounts_add_up(trace);
  EXPECT_LE(trace.size(), 32U);
  EXPECT_GE(trace.size(), 28U);
  EXPECT_EQ(trace[trace.size() - 1].operation(), "op999");
  EXPECT_EQ(trace[0].operation(), "op" + std::to_string(1000 - trace.size()));
  EXPECT_EQ(lost(trace, LossCause::kOverwritten), 1000 - trace.size());
  EXPECT_NEAR(trace.total_duration_us, 1000.0, 1e-6);
}

TEST_F(SessionSinks, KeepTheLatestOfEveryThreadEvenOfSlowOnes) {
  Session session(by_hand({.max_spans = 160, .keep = Keep::kLatest}));
  ASSERT_TRUE(session.start().ok());
  Recorder fast = session.recorder("fast");
  Recorder slow = session.recorder("slow");
  for (int i = 0; i < 5'000; ++i) {
    span(fast, "fast", 1us);
    if (i % 40 == 0) span(slow, "slow", 1us);
    if (i % 10 == 0) session.drain_once();
  }
  const Trace trace = session.take_trace();
  expect_accounts_add_up(trace);
  EXPECT_LE(trace.size(), 160U);
  EXPECT_GE(trace.threads[1].recorded, 2U);
  EXPECT_GE(trace.threads[0].recorded, 100U);
}

TEST_F(SessionSinks, FoldWhatIsOlderThanTheWindow) {
  Session session(by_hand({.window = 16ms}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 100; ++i) {
    span(recorder, "op" + std::to_string(i), 1ms);
    session.drain_once();
  }
  const Trace trace = session.take_trace();
  expect_accounts_add_up(trace);
  EXPECT_GE(trace.size(), 16U);
  EXPECT_LE(trace.size(), 19U);
  EXPECT_EQ(trace[trace.size() - 1].operation(), "op99");
  EXPECT_EQ(lost(trace, LossCause::kOverwritten), 100 - trace.size());
}

TEST_F(SessionSinks, FoldAnIdleThreadsSpansOnceTheyAreOlderThanTheWindow) {
  Session session(by_hand({.window = 16ms}));
  ASSERT_TRUE(session.start().ok());
  Recorder idle = session.recorder("idle");
  span(idle, "old", 1ms);
  session.drain_once();
  time.advance(17ms);
  session.drain_once();
  span(idle, "new", 1ms);
  const Trace trace = session.take_trace();
  EXPECT_THAT(operations(trace), ElementsAre("new"));
  expect_accounts_add_up(trace);
}

TEST_F(SessionSinks, ShowASnapshotAndGoOn) {
  Session session(by_hand({.ring_entries = 8}));
  EXPECT_TRUE(session.snapshot().empty());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 10; ++i) span(recorder, "first", 1us);  // two are folded
  const Scope open(recorder, "open");
  const Trace snapshot = session.snapshot();
  EXPECT_EQ(snapshot.size(), 8U);
  expect_accounts_add_up(snapshot);
  EXPECT_EQ(snapshot.threads[0].attempted, 10U);
  EXPECT_EQ(snapshot.threads[0].name, "w");
  ASSERT_EQ(snapshot.open_spans.size(), 1U);
  ASSERT_TRUE(snapshot.cost.has_value());
  for (int i = 0; i < 5; ++i) span(recorder, "second", 1us);
  const Trace again = session.snapshot();
  EXPECT_EQ(again.size(), 13U);
  expect_accounts_add_up(again);
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.size(), 13U);
  expect_accounts_add_up(trace);
  EXPECT_EQ(trace[8].lost_before(), 2U);
  EXPECT_EQ(snapshot.size(), 8U);  // a value of its own
}

// Batches, put together again.
struct Collected {
  std::map<std::string, std::uint64_t> rows;
  std::vector<std::string> in_order;
  std::size_t batches = 0;

  void operator()(const Trace& batch) {
    ++batches;
    for (std::size_t row = 0; row < batch.size(); ++row) {
      if (row > 0) {
        EXPECT_LE(*batch[row - 1].begin(), *batch[row].begin());
      }
      EXPECT_LT(index_of(batch[row].thread()), batch.threads.size());
      in_order.push_back(text_of(batch[row]));
    }
  }
  static std::string text_of(const EntryView& row) {
    const TraceEntry entry = row.to_entry();
    return entry.operation + " " + entry.device.value_or("-") + " " + std::to_string(entry.begin->count()) + " " +
           std::to_string(entry.duration_us) + " " + std::to_string(entry.memory_bytes) + " " +
           std::to_string(entry.lost_before) + " " + std::to_string(entry.depth) + " " + std::to_string(entry.step);
  }
};

TEST_F(SessionSinks, GiveASinkTheRowsThatMemoryWouldHold) {
  const auto record = [this](Session& session) {
    ASSERT_TRUE(session.start().ok());
    Recorder recorder = session.recorder("w");
    for (int i = 0; i < 200; ++i) {
      recorder.step(static_cast<std::uint64_t>(i / 10));
      const OpId op = i == 77 ? OpId{12345} : recorder.op("op" + std::to_string(i % 20 + i / 50));  // one of no table
      {
        const Scope outer(recorder, op, recorder.device("gpu:" + std::to_string(i % 3)), {},
                          {static_cast<std::uint64_t>(i)});
        time.advance(1us);
        const Scope inner(recorder, "inner");
        time.advance(300ns);
      }
      if (i % 10 == 9) session.drain_once();
    }
  };
  Session memory(by_hand({.ring_entries = 16}));
  record(memory);
  const Trace expected = memory.take_trace();
  Collected collected;
  Session streaming(
      by_hand({.ring_entries = 16, .sink = [&](const Trace& batch) { collected(batch); }, .flush_interval = 0ms}));
  record(streaming);
  Trace rest = streaming.take_trace();
  expect_accounts_add_up(rest, collected.in_order.size());
  EXPECT_TRUE(rest.empty());
  EXPECT_GE(collected.batches, 20U);
  std::vector<std::string> rows;
  for (std::size_t row = 0; row < expected.size(); ++row) rows.push_back(Collected::text_of(expected[row]));
  EXPECT_EQ(collected.in_order, rows);  // one thread's scopes end before the next begin: batches follow each other
  EXPECT_EQ(rest.threads, expected.threads);
  EXPECT_EQ(rest.losses, expected.losses);
  EXPECT_EQ(rest.folded.size(), expected.folded.size());
}

TEST_F(SessionSinks, KeepIdsOverAllBatchesAndTheRest) {
  std::map<std::uint32_t, std::string> names;
  const auto see = [&](const Trace& trace) {
    for (std::uint32_t id = 0; id < trace.op_names().size(); ++id) {
      const auto [it, is_new] = names.try_emplace(id, trace.op_names().at(id));
      EXPECT_EQ(it->second, trace.op_names().at(id));
    }
  };
  Session session(by_hand({.sink = see, .flush_interval = 0ms}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 50; ++i) {
    span(recorder, "op" + std::to_string(i), 1us);
    if (i == 20) recorder.complete(OpId{999}, kNoDevice, CompleteSpan<Nanoseconds>{1s, 1s});
    session.drain_once();
  }
  see(session.take_trace());
  EXPECT_GE(names.size(), 51U);
}

TEST_F(SessionSinks, FlushNoMoreOftenThanAskedFor) {
  Collected collected;
  Session session(by_hand({.sink = [&](const Trace& batch) { collected(batch); }, .flush_interval = 50ms}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 100; ++i) {
    span(recorder, "op", 1ms);
    session.drain_once();
  }
  EXPECT_EQ(collected.batches, 2U);
  EXPECT_EQ(collected.in_order.size(), 100U);
  EXPECT_TRUE(session.take_trace().empty());
}

TEST_F(SessionSinks, FoldEverythingFromWhereASinkThrew) {
  std::size_t batches = 0;
  std::size_t delivered = 0;
  const auto sink = [&](const Trace& batch) {
    if (++batches == 3) throw std::runtime_error("disk full");
    delivered += batch.size();
  };
  Session session(by_hand({.sink = sink, .flush_interval = 0ms}));
  ASSERT_TRUE(session.start().ok());
  EXPECT_EQ(session.sink_error(), "");
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 10; ++i) {
    span(recorder, "op", 1us);
    span(recorder, "op", 1us);
    session.drain_once();
  }
  const Trace trace = session.take_trace();
  EXPECT_EQ(batches, 3U);
  EXPECT_EQ(delivered, 4U);
  EXPECT_EQ(session.sink_error(), "disk full");
  expect_accounts_add_up(trace, delivered);
  EXPECT_EQ(lost(trace, LossCause::kSinkFailed), 16U);
  EXPECT_NEAR(trace.total_duration_us, 20.0, 1e-9);  // with the rows that were delivered
  ASSERT_TRUE(session.start().ok());                 // a new run tries again
  EXPECT_EQ(session.sink_error(), "");
  span(recorder, "op", 1us);
  EXPECT_EQ(session.take_trace().threads[0].recorded, 1U);
}

TEST_F(SessionSinks, ShowInASnapshotThatTheSinkFailedInIt) {
  Session session(by_hand({.sink = [](const Trace&) -> Status {
                             return Error{ErrorCode::kIo, "disk full"};
                           },
                           .flush_interval = 1h}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  span(recorder, "op", 1us);
  const Trace snapshot = session.snapshot();
  EXPECT_EQ(expect_accounts_add_up(snapshot), 1U);
  EXPECT_EQ(lost(snapshot, LossCause::kSinkFailed), 1U);
}

// By a session's own function: whatever would wait for itself.
void expect_out_of_reach(Session& session) {
  EXPECT_EQ(session.start().error().code, ErrorCode::kInvalid);
  EXPECT_EQ(session.stop().error().code, ErrorCode::kInvalid);
  session.pause();
  EXPECT_TRUE(session.recording());
  session.resume();
  EXPECT_EQ(session.drain_once(), 0U);
  EXPECT_TRUE(session.snapshot().threads.empty());
  EXPECT_TRUE(session.take_trace().threads.empty());
  EXPECT_EQ(session.sink_error(), "");
  Recorder first = session.recorder("the only ring");
  Recorder second = session.recorder("none");
}

TEST_F(SessionSinks, MayCallWhatTheyLikeOfTheirSessionAndLoseNothing) {
  for (const bool thread : {false, true}) {
    Session* session = nullptr;
    std::uint64_t delivered = 0;
    SessionOptions options = by_hand({.max_rings = 1, .flush_interval = 0ms});
    options.collector_thread = thread;
    options.sink = [&](const Trace& batch) {
      if (session->recording()) expect_out_of_reach(*session);
      EXPECT_FALSE(session->stop().ok());
      delivered += batch.size();
    };
    options.triggers.on_trigger = [&](const Trace&, const Trigger&) { EXPECT_FALSE(session->stop().ok()); };
    Session made(options);
    session = &made;
    ASSERT_TRUE(made.start().ok());
    Recorder recorder = made.recorder("w");
    for (int i = 0; i < 10; ++i) {
      span(recorder, "op", 1us);
      made.trigger("now");
      made.drain_once();
    }
    EXPECT_TRUE(made.recording());
    const Trace trace = made.take_trace();
    EXPECT_EQ(expect_accounts_add_up(trace, delivered), 10U);
    EXPECT_EQ(delivered, 10U);
  }
}

TEST_F(SessionSinks, MayStopAnotherSessionButNotTheirsThroughIt) {
  Session* outer = nullptr;
  Session inner(by_hand({.sink = [&](const Trace&) { EXPECT_FALSE(outer->stop().ok()); }}));
  Session made(by_hand({.sink = [&](const Trace&) { EXPECT_TRUE(inner.stop().ok()); }, .flush_interval = 0ms}));
  outer = &made;
  ASSERT_TRUE(inner.start().ok());
  ASSERT_TRUE(made.start().ok());
  Recorder recorder = made.recorder("w");
  Recorder of_inner = inner.recorder("w");
  span(of_inner, "op", 1us);
  span(recorder, "op", 1us);
  made.drain_once();
  EXPECT_FALSE(inner.recording());
  EXPECT_TRUE(made.recording());
}

TEST_F(SessionSinks, TellASinkWhatIsOpenAndFoldedAsOfNow) {
  std::vector<Trace> batches;
  Session session(by_hand(
      {.ring_entries = 16, .sink = [&](const Trace& batch) { batches.push_back(batch); }, .flush_interval = 0ms}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 20; ++i) span(recorder, "op", 1us);
  const Scope outer(recorder, "outer", recorder.device("gpu:0"));
  session.drain_once();
  session.drain_once();  // nothing new
  const Scope inner(recorder, "inner", recorder.device("gpu:0"));
  session.drain_once();
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_GT(batches[0].size(), 0U);
  expect_accounts_add_up(batches[0]);
  EXPECT_EQ(batches[0].folded[0].count, 20U - batches[0].size());
  EXPECT_EQ(batches[1].size(), 0U);
  ASSERT_EQ(batches[1].open_spans.size(), 2U);
  EXPECT_EQ(batches[1].operation(batches[1].open_spans[0].op), "outer");
  EXPECT_EQ(batches[1].operation(batches[1].open_spans[1].op), "inner");
  EXPECT_EQ(batches[1].open_spans[1].begin, 20us);
}

TEST_F(SessionSinks, TellASinkOnceASecondThatASpanIsStillOpen) {
  std::vector<Trace> batches;
  Session session(by_hand({.sink = [&](const Trace& batch) { batches.push_back(batch); }, .flush_interval = 50ms}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const Scope hangs(recorder, "all_reduce");
  for (int i = 0; i < 60; ++i) {
    time.advance(50ms);
    session.drain_once();
  }
  ASSERT_EQ(batches.size(), 3U);
  for (const Trace& batch : batches) EXPECT_EQ(batch.open_spans.size(), 1U);
  const Origin& origin = *batches.back().origin;
  ASSERT_EQ(origin.later.size(), 1U);
  EXPECT_GE(origin.later[0].monotonic - origin.monotonic, 2s);
}

TEST_F(SessionSinks, TellASinkTheEndOnceAndSayWhatItSaidOfIt) {
  std::vector<Trace> ends;
  Status said = Done{};
  const auto finish = [&](const Trace& end) {
    ends.push_back(end);
    return said;
  };
  Session session(by_hand({.sink = Sink([](const Trace&) {}, finish)}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  span(recorder, "op", 1us);
  EXPECT_TRUE(session.stop().ok());
  EXPECT_TRUE(session.stop().ok());
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].threads[0].recorded, 1U);
  EXPECT_EQ(session.take_trace(), ends[0]);

  said = Error{ErrorCode::kIo, "disk full"};
  ASSERT_TRUE(session.start().ok());
  EXPECT_EQ(session.stop().error().message, "disk full");
  EXPECT_EQ(session.stop().error().message, "disk full");
  said = Done{};
  ASSERT_TRUE(session.start().ok());
  EXPECT_TRUE(session.stop().ok());
}

TEST_F(SessionSinks, DoNotTellTheEndToASinkThatFailed) {
  bool told = false;
  Session session(by_hand({.sink = Sink(
                               [](const Trace&) {
                                 return Status(Error{ErrorCode::kIo, "disk full"});
                               },
                               [&](const Trace&) { told = true; })}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  span(recorder, "op", 1us);
  EXPECT_EQ(session.stop().error().message, "disk full");
  EXPECT_FALSE(told);
  EXPECT_EQ(lost(session.take_trace(), LossCause::kSinkFailed), 1U);
}

TEST_F(SessionSinks, FoldExactlyWhatFollowsAThrowOfWhateverKindAtWhicheverBatch) {
  for (const bool standard : {true, false}) {
    for (std::size_t k = 1; k <= 50; ++k) {
      SCOPED_TRACE(std::to_string(k) + (standard ? ", a std::exception" : ", a number"));
      std::size_t calls = 0;
      std::size_t delivered = 0;
      const auto sink = [&](const Trace& batch) {
        if (++calls == k && standard) throw std::runtime_error("disk full");
        if (calls == k) throw 42;
        delivered += batch.size();
      };
      Session session(by_hand({.ring_entries = 4, .sink = sink, .flush_interval = 0ms}));
      ASSERT_TRUE(session.start().ok());
      Recorder recorder = session.recorder("w");
      for (std::size_t i = 0; i < 60; ++i) {
        for (std::size_t n = 0; n < 5; ++n) span(recorder, "op", 1us);  // the ring holds four
        session.drain_once();
      }
      const Trace trace = session.take_trace();
      EXPECT_EQ(calls, k);
      EXPECT_EQ(delivered, 4 * (k - 1));
      expect_accounts_add_up(trace, delivered);
      EXPECT_EQ(trace.threads[0].attempted, 300U);
      EXPECT_EQ(lost(trace, LossCause::kRingFull), 60U);
      EXPECT_EQ(lost(trace, LossCause::kSinkFailed), 240 - delivered);
      EXPECT_EQ(session.sink_error(), standard ? "disk full" : "an exception that is no std::exception");
    }
  }
}

TEST_F(SessionSinks, SayWhatDrainingTook) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 10'000; ++i) span(recorder, "op", 1us);
  const Trace trace = session.take_trace();
  ASSERT_TRUE(trace.cost.has_value());
  EXPECT_GT(trace.cost->collector_cpu, 0ns);
  EXPECT_GE(trace.cost->process_cpu, trace.cost->collector_cpu);
  EXPECT_GT(trace.cost->wall, 0ns);
}

}  // namespace
}  // namespace ringtail::inline v1
