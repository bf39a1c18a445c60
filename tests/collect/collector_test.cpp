// The collector and a lane by hand: what no schedule of a real program brings about on demand.
#include "collect/collector.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/accounts.h"

namespace ringtail::inline v1 {

// A thread stops inside fold(), for longer than the collector waits.
struct StoppedInsideFold {
  explicit StoppedInsideFold(FoldTable& table) { table.changes_.fetch_add(1, std::memory_order_relaxed); }
  explicit StoppedInsideFold(NestedSpans& nested) : StoppedInsideFold(nested.folds_) {}
};

namespace {

void close_one(Lane& lane) { lane.close(0, 0, 0, InternedShapes{}, OpId{}, kNoDevice, 0, 0); }

class CollectorTest : public ::testing::Test {
 protected:
  static RingSlot slot_of(std::uint16_t run, std::uint64_t count) {
    Record record;
    record.op = OpId{0};
    record.sequence = InRun::first(run) + count;
    return pack(record);
  }

  ManualClock time_;
  Clock clock_ = Clock::manual(time_);
  Registry registry_{clock_,
                     {.ring_entries = 16,
                      .max_rings = 1,
                      .fold_cells = 8,
                      .max_ops = 8,
                      .max_devices = 8,
                      .max_signatures = 8,
                      .max_threads = 8}};
  Collector collector_{registry_, clock_, {.max_spans = 100}};
  Trace assemble() {
    Trace trace;
    trace.threads = registry_.threads();
    ringtail::assemble(collector_.harvest(), registry_, clock_.source(), trace);
    return trace;
  }
};

TEST_F(CollectorTest, DropsWhatAThreadPushesAfterTheCutOfTheLastRun) {
  registry_.set_collecting(true);
  ASSERT_EQ(collector_.begin_run(), 1U);
  registry_.set_recording(true, 1);
  Lane* const lane = registry_.lease("w", Registry::WithoutRing::kRefuse);
  // Interrupted inside close(): the run was read; neither was the attempt counted nor the record pushed.
  registry_.set_recording(false, 1);
  collector_.end_run();
  EXPECT_TRUE(assemble().empty());

  ASSERT_EQ(collector_.begin_run(), 2U);
  registry_.set_recording(true, 2);
  Lane::count(lane->attempted, 1);
  ASSERT_TRUE(lane->ring.push(slot_of(1, 0)));
  close_one(*lane);
  registry_.set_recording(false, 2);
  collector_.end_run();
  const Trace trace = assemble();
  EXPECT_EQ(trace.size(), 1U);
  EXPECT_EQ(trace[0].lost_before(), 0U);
  EXPECT_EQ(trace.threads[0].attempted, 1U);
  EXPECT_EQ(trace.threads[0].recorded, 1U);
}

TEST_F(CollectorTest, KeepsExactTotalsOfWhatASignalHandlerRecordsInsideARecordingCall) {
  registry_.set_collecting(true);
  ASSERT_EQ(collector_.begin_run(), 1U);
  registry_.set_recording(true, 1);
  Lane* const lane = registry_.lease("w", Registry::WithoutRing::kRefuse);
  const OpId op{registry_.intern_op("handler").id};
  const DeviceId gpu{registry_.intern_device("gpu:0").id};
  lane->busy.store(true, std::memory_order_relaxed);  // as a handler finds it that interrupts close()
  for (std::uint64_t i = 0; i < 3; ++i) lane->close(100, 200, 0, {kNoShapes, 8}, op, gpu, 0, 0);
  lane->busy.store(false, std::memory_order_relaxed);
  close_one(*lane);
  registry_.set_recording(false, 1);
  collector_.end_run();
  const Trace trace = assemble();
  EXPECT_EQ(trace.size(), 1U);
  EXPECT_EQ(trace.threads[0].attempted, 4U);
  EXPECT_EQ(trace.threads[0].folded, 3U);
  ASSERT_EQ(trace.folded.size(), 1U);
  EXPECT_EQ(trace.operation(trace.folded[0].op), "handler");
  EXPECT_EQ(trace.folded[0].duration, Nanoseconds{300});
  EXPECT_EQ(trace.folded[0].bytes, 24U);
  ASSERT_EQ(trace.losses.size(), 1U);
  EXPECT_EQ(trace.losses[0].cause, LossCause::kNested);
  EXPECT_EQ(trace.losses[0].device, gpu);
}

TEST_F(CollectorTest, CountsAnAttemptThatWasInterruptedBeforeItsPushAsAfterTheCut) {
  registry_.set_collecting(true);
  ASSERT_EQ(collector_.begin_run(), 1U);
  registry_.set_recording(true, 1);
  for (int thread = 0; thread < 3; ++thread) {
    Lane* const lane = registry_.lease("w", Registry::WithoutRing::kAccept);
    close_one(*lane);
    Lane::count(lane->attempted, 1);  // and stopped there, for longer than the collector waits
  }
  registry_.set_recording(false, 1);
  const auto began = std::chrono::steady_clock::now();
  collector_.end_run();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{2});
  const Trace trace = assemble();
  EXPECT_EQ(trace.size(), 1U);
  ASSERT_EQ(trace.threads.size(), 3U);
  for (const TraceThread& thread : trace.threads) EXPECT_EQ(thread.attempted, 1U);
}

TEST_F(CollectorTest, CountsWhatWasFoldedByAThreadThatStoppedInsideAFold) {
  registry_.set_collecting(true);
  ASSERT_EQ(collector_.begin_run(), 1U);
  registry_.set_recording(true, 1);
  Lane* const lane = registry_.lease("w", Registry::WithoutRing::kRefuse);
  for (int i = 0; i < 18; ++i) close_one(*lane);  // two find the ring full
  collector_.drain();
  close_one(*lane);
  for (int i = 0; i < 18; ++i) close_one(*lane);  // three more
  Lane::count(lane->attempted, 1);
  const StoppedInsideFold stopped(lane->folds);
  registry_.set_recording(false, 1);
  collector_.end_run();
  const Trace trace = assemble();
  EXPECT_EQ(trace.size(), 32U);
  EXPECT_EQ(trace.threads[0].attempted, 38U);
  EXPECT_EQ(trace.threads[0].recorded, 32U);
  EXPECT_EQ(trace.threads[0].folded, 6U);
  EXPECT_EQ(trace.metadata.at("ringtail.folded_without_totals"), "6");
}

TEST_F(CollectorTest, CountsWhatHandlersRecordedWhenOneOfThemStoppedInsideAFold) {
  registry_.set_collecting(true);
  ASSERT_EQ(collector_.begin_run(), 1U);
  registry_.set_recording(true, 1);
  Lane* const lane = registry_.lease("w", Registry::WithoutRing::kRefuse);
  lane->busy.store(true, std::memory_order_relaxed);  // as a handler finds it that interrupts close()
  for (int i = 0; i < 3; ++i) close_one(*lane);
  const StoppedInsideFold stopped(lane->nested);
  registry_.set_recording(false, 1);
  collector_.end_run();
  const Trace trace = assemble();
  EXPECT_EQ(trace.threads[0].attempted, 3U);
  EXPECT_EQ(::ringtail::testing::expect_accounts_add_up(trace), 3U);
  ASSERT_EQ(trace.losses.size(), 1U);
  EXPECT_EQ(trace.losses[0].cause, LossCause::kNested);
}

TEST_F(CollectorTest, TakesNothingOfAFormerRunForOneOfTheSameNumber) {
  registry_.set_collecting(true);
  ASSERT_EQ(collector_.begin_run(), 1U);
  registry_.set_recording(true, 1);
  Lane* const lane = registry_.lease("w", Registry::WithoutRing::kRefuse);
  for (int i = 0; i < 18; ++i) close_one(*lane);
  lane->busy.store(true, std::memory_order_relaxed);  // as a handler finds it that interrupts close()
  close_one(*lane);
  while (lane->nested.keep(1, 1)) {
  }
  lane->busy.store(false, std::memory_order_relaxed);
  registry_.set_recording(false, 1);
  collector_.end_run();
  EXPECT_EQ(assemble().threads[0].attempted, 19U);

  registry_.renumber_threads();
  int others = 0;
  while (const std::uint16_t run = collector_.begin_run()) {
    if (run == 1) break;
    collector_.abandon_run();
    ++others;
  }
  ASSERT_EQ(others, 65'534);
  registry_.set_recording(true, 1);
  registry_.set_recording(false, 1);
  const auto began = std::chrono::steady_clock::now();
  collector_.end_run();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{900});  // it adds up at once
  const Trace trace = assemble();
  EXPECT_EQ(trace.threads[0].attempted, 0U);
  EXPECT_EQ(trace.threads[0].sampled_out, 0U);
  EXPECT_TRUE(trace.folded.empty());
}

}  // namespace
}  // namespace ringtail::inline v1
