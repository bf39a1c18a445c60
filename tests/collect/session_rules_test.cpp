// What of a program is recorded: categories, sampling, filters, budgets; and chains.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/time.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <latch>
#include <thread>

#include "ringtail/collect/session.h"
#include "ringtail/record/chain.h"
#include "ringtail/record/scope.h"
#include "tests/collect/session_by_hand.h"
#include "tests/support/accounts.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class SessionRules : public SessionByHand {
 protected:
  void span_of(Recorder& recorder, OpId op, Nanoseconds length) {
    const Scope scope(recorder, op);
    time.advance(length);
  }
};

TEST_F(SessionRules, RecordOnlyTheCategoriesThatAreOn) {
  Session session(by_hand());
  const OpId compute = session.op("compute");
  const OpId reduce = session.op("reduce", Category::kComm);
  session.set_rule(Category::kComm, {.record = false});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  span_of(recorder, compute, 1us);
  span_of(recorder, reduce, 1us);
  recorder.complete(reduce, kNoDevice, CompleteSpan<Nanoseconds>{1ns, 2ns});
  session.set_rule(Category::kComm, {});
  session.set_rule(Category::kOp, {.record = false});
  span_of(recorder, compute, 1us);
  span_of(recorder, reduce, 1us);
  EXPECT_TRUE(recorder.recording());
  const Trace trace = session.take_trace();
  EXPECT_THAT(operations(trace), ElementsAre("compute", "reduce"));
  EXPECT_EQ(trace.threads[0].attempted, 2U);
  ASSERT_EQ(trace.categories.size(), 2U);  // both were off for a while
  EXPECT_EQ(trace.categories[0], (TraceCategory{.name = "op", .recorded = false}));
  EXPECT_EQ(trace.categories[1], (TraceCategory{.name = "comm", .recorded = false}));
}

TEST_F(SessionRules, KeepAnOpWithTwoCategoriesOneOp) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  span_of(recorder, recorder.op("copy"), 1us);
  span_of(recorder, recorder.op("copy", Category::kMemory), 1us);
  EXPECT_EQ(session.take_trace().op_names().size(), 1U);
}

TEST_F(SessionRules, HaveCategoriesOfTheProgramUntilAllAreTaken) {
  Session session(by_hand());
  EXPECT_EQ(session.category("comm"), Category::kComm);
  const auto io = session.category("io");
  ASSERT_TRUE(io.has_value());
  EXPECT_EQ(session.category("io"), io);
  for (std::size_t i = 5; i < kMostCategories; ++i) EXPECT_TRUE(session.category("c" + std::to_string(i)));
  EXPECT_EQ(session.category("one more"), std::nullopt);

  session.set_rule(*io, {.record = false});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  span_of(recorder, session.op("read", *io), 1us);
  span_of(recorder, session.op("compute"), 1us);
  EXPECT_THAT(operations(session.take_trace()), ElementsAre("compute"));
}

TEST_F(SessionRules, FoldWhatIsTooShortIntoExactTotals) {
  Session session(by_hand());
  session.set_rule(Category::kOp, {.shortest = 10us});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (const Nanoseconds length : {5us, 10us, 9us, 20us}) span(recorder, "op", length);
  recorder.complete(session.op("op"), kNoDevice, CompleteSpan<Nanoseconds>{1us, 3us});
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(trace[0].lost_before(), 1U);
  ASSERT_EQ(trace.folded.size(), 1U);
  EXPECT_EQ(trace.folded[0].count, 3U);
  EXPECT_EQ(trace.folded[0].duration, 16us);
  ASSERT_EQ(trace.losses.size(), 1U);
  EXPECT_EQ(trace.losses[0].cause, LossCause::kFiltered);
  EXPECT_EQ(trace.losses[0].count, 3U);
  EXPECT_NEAR(trace.total_duration_us, 46.0, 1e-9);
}

TEST_F(SessionRules, KeepTheTotalsOfASampledCategoryUnbiased) {
  constexpr int kSpans = 200'000;
  Session session(by_hand({.ring_entries = 1U << 18U}));
  session.set_rule(Category::kOp, {.one_in = 7});  // taken as 8
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const OpId op = session.op("op");
  for (int i = 0; i < kSpans; ++i) span_of(recorder, op, Nanoseconds{1 + i % 3});
  const Trace trace = session.take_trace();
  const TraceThread& thread = trace.threads[0];
  EXPECT_EQ(thread.attempted + thread.sampled_out, static_cast<std::uint64_t>(kSpans));
  EXPECT_EQ(thread.recorded, trace.size());
  ASSERT_GT(trace.size(), 0U);
  for (std::size_t row = 0; row < trace.size(); ++row) ASSERT_EQ(trace[row].weight(), 8U);
  // The number kept is binomial: five standard deviations.
  const double kept = static_cast<double>(trace.size());
  EXPECT_NEAR(kept, kSpans / 8.0, 5 * std::sqrt(kSpans * (1.0 / 8) * (7.0 / 8)));
  EXPECT_NEAR(trace.total_duration_us, 2e-3 * kSpans, 0.05 * 2e-3 * kSpans);
  ASSERT_EQ(trace.categories.size(), 1U);
  EXPECT_EQ(trace.categories[0].one_in, 8U);
}

TEST_F(SessionRules, KeepFirstSpansOfThreadsAsOftenAsOthers) {
  constexpr int kLanes = 1'000;
  int kept = 0;
  for (int i = 0; i < kLanes; ++i) {
    Session session(by_hand({.ring_entries = 2, .fold_cells = 8}));
    session.set_rule(Category::kOp, {.one_in = 2});
    ASSERT_TRUE(session.start().ok());
    Recorder recorder = session.recorder("w");
    span_of(recorder, session.op("first"), 1ns);
    kept += static_cast<int>(session.take_trace().size());
  }
  EXPECT_NEAR(kept, kLanes / 2, 5 * std::sqrt(kLanes * 0.25));
}

TEST_F(SessionRules, KeepASpanWhateverBecameOfTheOneBefore) {
  constexpr int kSpans = 1'000'000;
  Session session(by_hand({.ring_entries = 1U << 16U}));
  session.set_rule(Category::kOp, {.one_in = 1'024});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const OpId op = session.op("op");
  for (std::uint64_t i = 0; i < kSpans; ++i) {
    recorder.step(i);
    span_of(recorder, op, 1ns);
  }
  const Trace trace = session.take_trace();
  int neighbours = 0;  // about one is expected
  for (std::size_t row = 1; row < trace.size(); ++row) neighbours += trace[row].step() == trace[row - 1].step() + 1;
  EXPECT_LE(neighbours, 8);
}

TEST_F(SessionRules, TellASnapshotWhatWasSampledOut) {
  Session session(by_hand());
  session.set_rule(Category::kOp, {.one_in = 1U << 30U});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 100; ++i) span_of(recorder, session.op("op"), 1ns);
  EXPECT_EQ(session.snapshot().threads[0].sampled_out, 100U);
}

TEST_F(SessionRules, TellOfThreadsAndRulesAsTheyWereWhenTheSessionStopped) {
  Session session;
  ASSERT_TRUE(session.start().ok());
  {
    Recorder recorder = session.recorder("w");
    EXPECT_TRUE(session.stop().ok());
    session.set_rule(Category::kOp, {.one_in = 64});
    Recorder late = session.recorder("late");
    std::this_thread::sleep_for(20ms);
  }
  const Trace trace = session.take_trace();
  EXPECT_TRUE(trace.categories.empty());
  ASSERT_EQ(trace.threads.size(), 1U);
  EXPECT_LT(trace.threads[0].held, trace.cost->wall + 10ms);
}

TEST_F(SessionRules, RecordNothingOfAChainWhoseRecorderWasMovedAway) {
  Session session(by_hand());
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const OpId op = session.op("op");
  Chain chain(recorder);
  chain.next(op);
  const Recorder elsewhere = std::move(recorder);
  chain.next(op);
  chain.next(op);
  EXPECT_EQ(session.take_trace().size(), 1U);
}

TEST_F(SessionRules, WeighWhatIsFoldedAsWell) {
  constexpr int kSpans = 10'000;
  Session session(by_hand({.ring_entries = 4}));
  session.set_rule(Category::kOp, {.one_in = 2});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const OpId op = session.op("op");
  for (int i = 0; i < kSpans; ++i) span_of(recorder, op, 10ns);
  const Trace trace = session.take_trace();
  ASSERT_EQ(trace.folded.size(), 1U);
  const FoldedTotal& folded = trace.folded[0];
  EXPECT_EQ(folded.count + trace.size(), trace.threads[0].attempted);
  EXPECT_EQ(folded.weight(), 2 * folded.count);
  EXPECT_EQ(folded.duration, 20ns * folded.count);
}

TEST_F(SessionRules, DecideWhetherToSampleBeforeAnythingIsLookedUp) {
  Session session(by_hand());
  session.set_rule(Category::kOp, {.one_in = 1U << 31U});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const OpId op = session.op("op");
  for (std::uint64_t i = 0; i < 100; ++i) const Scope scope(recorder, op, kNoDevice, {{i}}, {i});
  const Trace trace = session.take_trace();
  EXPECT_TRUE(trace.empty());
  EXPECT_EQ(trace.signatures().size(), kReservedShapes);
  EXPECT_EQ(trace.threads[0].sampled_out, 100U);
}

TEST_F(SessionRules, ThinABusyThreadToItsBudgetAndKeepItsTotals) {
  Session session(by_hand({.ring_entries = 1U << 16U, .budget = 0.001}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const OpId op = session.op("op");
  constexpr int kSpans = 400'000;  // one every 500 ns: some 4 % of the time when all are recorded
  for (int i = 0; i < kSpans; ++i) {
    span_of(recorder, op, 500ns);
    if (i % 1'000 == 0) session.drain_once();
  }
  const Trace trace = session.take_trace();
  EXPECT_LT(trace.size(), static_cast<std::size_t>(kSpans) / 4);
  EXPECT_GT(trace.threads[0].sampled_out, static_cast<std::uint64_t>(kSpans) / 2);
  EXPECT_NEAR(trace.total_duration_us, 0.5 * kSpans, 0.2 * 0.5 * kSpans);
  ASSERT_EQ(trace.categories.size(), 4U);
  EXPECT_TRUE(trace.categories[0].governed);
}

TEST_F(SessionRules, DoNotThinWhatTheBudgetDoesNotGovern) {
  Session session(by_hand({.ring_entries = 1U << 16U, .budget = 0.001}));
  session.set_rule(Category::kOp, {.governed = false});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const OpId op = session.op("op");
  for (int i = 0; i < 100'000; ++i) {
    span_of(recorder, op, 500ns);
    if (i % 1'000 == 0) session.drain_once();
  }
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.threads[0].sampled_out, 0U);
  EXPECT_EQ(trace.size(), 100'000U);
}

TEST_F(SessionRules, GiveEachLinkOfAChainTheTickAtWhichTheOneBeforeEnds) {
  Session session(by_hand());
  const OpId layer = session.op("layer");
  const OpId other = session.op("other", Category::kHost);
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  {
    const Scope outer(recorder, "outer");
    Chain chain(recorder);
    time.advance(5ns);
    chain.next(layer, kNoDevice, {{2, 3}}, {4}, 4);
    time.advance(10ns);
    {
      const Scope inner(recorder, "inner");
      time.advance(1ns);
    }
    chain.next(other);
    time.advance(20ns);
    session.set_rule(Category::kHost, {.record = false});
    chain.next(layer);
    time.advance(30ns);
    chain.next(other);  // off: a hole
    time.advance(40ns);
    chain.next(layer);
    time.advance(50ns);
    chain.end();
    time.advance(60ns);
  }
  const Trace trace = session.take_trace();
  ASSERT_THAT(operations(trace), ElementsAre("outer", "layer", "inner", "other", "layer", "layer"));
  const auto times = [&](std::size_t row) {
    return std::pair{trace[row].begin()->count(), to_nanoseconds(trace[row].duration_us()).count()};
  };
  EXPECT_EQ(times(1), (std::pair{5L, 11L}));
  EXPECT_EQ(times(3), (std::pair{16L, 20L}));
  EXPECT_EQ(times(4), (std::pair{36L, 30L}));
  EXPECT_EQ(times(5), (std::pair{106L, 50L}));
  EXPECT_EQ(trace[1].memory_bytes(), 16U);
  EXPECT_EQ(trace[1].depth(), 1U);
  EXPECT_EQ(trace[2].depth(), 2U);
  EXPECT_EQ(trace[5].depth(), 1U);
}

TEST(SessionBlocking, WaitsForRoomAndSaysHowLong) {
  Session session({.ring_entries = 16, .max_block = std::chrono::seconds{10}});
  ASSERT_TRUE(session.start().ok());
  constexpr int kSpans = 2'000;
  std::thread([&] {
    Recorder recorder = session.recorder("w");
    for (int i = 0; i < kSpans; ++i) const Scope scope(recorder, "op");
  }).join();
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.size(), static_cast<std::size_t>(kSpans));
  EXPECT_TRUE(trace.folded.empty());
  EXPECT_GT(trace.threads[0].blocked, 0ns);
  EXPECT_GE(trace.threads[0].held, trace.threads[0].blocked);
  EXPECT_GT(trace.threads[0].cpu, 0ns);
}

TEST(SessionBlocking, FoldsWhenNobodyMakesRoomInTime) {
  Session session({.ring_entries = 4, .max_block = std::chrono::microseconds{300}, .collector_thread = false});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < 6; ++i) const Scope scope(recorder, "op");
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.size(), 4U);
  ASSERT_EQ(trace.folded.size(), 1U);
  EXPECT_EQ(trace.folded[0].count, 2U);
  EXPECT_GE(trace.threads[0].blocked, 600us);
  EXPECT_LT(trace.threads[0].blocked, 1s);  // twice 300 us, and what a busy machine adds
}

TEST(SessionBlocking, LeavesErrnoAloneWhenASignalInterruptsTheWait) {
  Session session({.ring_entries = 1, .max_block = std::chrono::milliseconds{20}, .collector_thread = false});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  static std::atomic<int> signals;
  signals = 0;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { signals.fetch_add(1, std::memory_order_relaxed); };  // own thread's
  ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
  const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 50}, .it_value = {.tv_sec = 0, .tv_usec = 50}};
  const itimerval never{};
  ASSERT_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);
  errno = ENOTTY;
  for (int i = 0; i < 2; ++i) const Scope scope(recorder, "op");
  const int found = errno;
  ASSERT_EQ(setitimer(ITIMER_REAL, &never, nullptr), 0);
  ASSERT_EQ(sigaction(SIGALRM, &before, nullptr), 0);
  EXPECT_EQ(found, ENOTTY);
  EXPECT_GT(signals, 0);
  EXPECT_GT(session.take_trace().threads[0].blocked, 0ns);
}

TEST(SessionBlocking, LetsProducersGoOnWhileTheSinkStalls) {
  constexpr int kSpans = 100;
  std::latch released(1);
  std::uint64_t delivered = 0;
  Session session({.ring_entries = 4,
                   .sink =
                       [&](const Trace& batch) {
                         released.wait();
                         delivered += batch.size();
                       },
                   .flush_interval = 0ms,
                   .max_block = std::chrono::microseconds{100}});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (int i = 0; i < kSpans; ++i) const Scope scope(recorder, "op");  // nobody drains from the first batch on
  EXPECT_EQ(recorder.attempted(), static_cast<std::uint64_t>(kSpans));
  released.count_down();
  const Trace trace = session.take_trace();
  EXPECT_EQ(testing::expect_accounts_add_up(trace, delivered), static_cast<std::uint64_t>(kSpans));
  EXPECT_GT(testing::lost(trace, LossCause::kRingFull), 0U);
  EXPECT_LT(trace.threads[0].blocked, 5s);  // 10 ms, and what a busy machine adds
}

TEST(SessionCost, IsCalibratedAndKeptInTheTrace) {
  Session session;
  ASSERT_TRUE(session.start().ok());
  {
    Recorder recorder = session.recorder("w");
    const Scope scope(recorder, "op");
  }
  const Trace trace = session.take_trace();
  ASSERT_TRUE(trace.cost.has_value());
  EXPECT_GT(trace.cost->recorded_ns, trace.cost->sampled_out_ns);
  EXPECT_GT(trace.cost->folded_ns, 0.0);
  EXPECT_GT(trace.cost->sampled_out_ns, 0.0);
  EXPECT_LT(trace.cost->recorded_ns, 100'000.0);
}

}  // namespace
}  // namespace ringtail::inline v1
