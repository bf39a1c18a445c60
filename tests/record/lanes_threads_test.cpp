// Lanes that change hands as fast as they can, by the collector's own account and nothing else of the collector: what
// the models prove of small programs, under a sanitizer and on real memory. And the bound that they are taken from.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <thread>
#include <vector>

#include "collect/lane_account.h"
#include "record/memory_bound.h"
#include "record/registry.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::uint16_t kRun = 1;
constexpr int kThreads = 4;
constexpr std::uint64_t kSpans = 7;  // of a lease; the ring has room for fewer, and every other one is too short

class Lanes : public ::testing::Test {
 protected:
  // Spans whose bytes are one more than their thread's number, so totals say whose they are.
  static void record(Lane& lane) {
    for (std::uint64_t i = 0; i < kSpans; ++i) {
      lane.close(10, i % 2 == 0 ? 20 : 11, 0, {.id = kNoShapes, .bytes = index_of(lane.thread) + 1U}, OpId{1},
                 DeviceId{0}, 0, 0);
    }
  }

  // Visits every lane; true when one was settled.
  bool visit() {
    accounts.resize(registry.lane_count());
    bool settled = false;
    for (std::size_t i = 0; i < accounts.size(); ++i) {
      Lane& lane = registry.lane(i);
      LaneAccount& account = accounts[i];
      const auto drain = [&] {
        account.drain(lane, kRun, [&](const RingSlot& slot, std::uint64_t) {
          EXPECT_EQ(slot.bytes, index_of(account.thread) + 1U);
          ++recorded;
        });
      };
      account.visit(lane, kRun, drain, [&] {
        std::vector<FoldTable::Total> totals;
        const LaneAccount::Cut cut = account.cut(lane, kRun, totals, drain);
        ASSERT_TRUE(cut.holds());
        EXPECT_EQ(cut.attempted, account.drained + cut.folded);
        for (const FoldTable::Total& total : totals) {
          EXPECT_EQ(total.bytes, total.count * (index_of(account.thread) + 1U));
        }
        folded += cut.folded;
        settled = true;
      });
    }
    return settled;
  }

  // kThreads threads that lease lanes as this does; `running` counts those that are not done.
  template <class Leasing>
  void start_leasing(const Leasing& lease_many) {
    running = kThreads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, lease_many] {
        lease_many();
        --running;
      });
    }
  }

  ManualClock time{std::chrono::seconds{1}};
  const Clock clock = Clock::manual(time);
  Registry registry{clock,
                    {.ring_entries = 4,
                     .max_rings = 3,
                     .fold_cells = 8,
                     .max_ops = 2,
                     .max_devices = 2,
                     .max_signatures = 2,
                     .max_threads = 1'000'000}};
  std::vector<LaneAccount> accounts;
  std::atomic<int> running{0};
  std::vector<std::thread> threads;
  std::uint64_t recorded = 0;
  std::uint64_t folded = 0;
};

TEST_F(Lanes, ChangeHandsAndEverySpanIsTheirThreads) {
  registry.set_rule(Category::kOp, {.shortest = Nanoseconds{5}});
  registry.set_collecting(true);
  registry.set_recording(true, kRun);
  const long leases = testing::scaled(20'000);
  start_leasing([this, leases] {
    for (long n = 0; n < leases; ++n) {
      Lane* lane = nullptr;  // there are fewer rings than threads
      while ((lane = registry.lease("w", Registry::WithoutRing::kRefuse)) == nullptr) std::this_thread::yield();
      record(*lane);
      registry.release(*lane);
    }
  });
  while (running > 0) {
    if (!visit()) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  visit();
  EXPECT_EQ(recorded + folded, static_cast<std::uint64_t>(leases) * kThreads * kSpans);
  EXPECT_GT(recorded, 0U);
  EXPECT_GT(folded, 0U);
  for (std::size_t i = 0; i < registry.lane_count(); ++i) EXPECT_EQ(registry.lane(i).look(), LaneState::kFree);
}

// Some are taken back by the collector, some freed by their thread, some by the switch itself.
TEST_F(Lanes, AreGivenBackWhileCollectingBeginsAndEnds) {
  registry.set_recording(true, kRun);
  const long leases = testing::scaled(20'000);
  start_leasing([this, leases] {
    for (long n = 0; n < leases; ++n) {
      Lane* const lane = registry.lease("w", Registry::WithoutRing::kRefuse);
      if (lane == nullptr) continue;
      EXPECT_EQ(lane->attempted.load(std::memory_order_relaxed), 0U);  // own counter
      record(*lane);
      registry.release(*lane);
    }
  });
  for (bool on = true; running > 0; on = !on) {
    registry.set_collecting(on);
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  registry.set_collecting(false);
  for (std::size_t i = 0; i < registry.lane_count(); ++i) EXPECT_EQ(registry.lane(i).look(), LaneState::kFree);
}

TEST_F(Lanes, CountNoMoreWaitingThanTheirCounterHolds) {
  registry.set_recording(true, kRun);
  Lane* const lane = registry.lease("w", Registry::WithoutRing::kRefuse);
  ASSERT_NE(lane, nullptr);
  lane->longest_wait_ns = 1'000;
  lane->blocked_ns = InRun::first(kRun) + InRun::kMost - 1'500;
  record(*lane);  // three spans wait
  EXPECT_EQ(lane->blocked_ns, InRun::first(kRun) + InRun::kMost);
  registry.release(*lane);
}

TEST_F(Lanes, AreGoneWhenTheirRegistryIsClosedOrTheyAreReleasedAfter) {
  Lane* const released = registry.lease("a", Registry::WithoutRing::kRefuse);
  Lane* const held = registry.lease("b", Registry::WithoutRing::kRefuse);
  ASSERT_TRUE(released != nullptr && held != nullptr);
  const std::size_t both = registry.memory().use().lanes;
  registry.release(*released);
  EXPECT_EQ(registry.memory().use().lanes, both);
  registry.close();
  EXPECT_EQ(registry.memory().use().lanes, both / 2);
  record(*held);  // nothing
  registry.release(*held);
  EXPECT_EQ(registry.memory().use().lanes, 0U);
}

// What one thread is refused is no loss of another's.
TEST(MemoryBoundThreads, RefuseOnlyWhatFindsNoRoom) {
  MemoryBound bound(100);
  std::atomic<bool> done{false};
  std::thread greedy([&] {
    while (!done) {
      EXPECT_FALSE(bound.take(MemoryBound::For::kLanes, 101));
      EXPECT_FALSE(bound.take(MemoryBound::For::kLanes, ~std::size_t{0}));
    }
  });
  const long takes = testing::scaled(1'000'000);
  long refused = 0;
  for (long i = 0; i < takes; ++i) {
    if (!bound.take(MemoryBound::For::kTables, 100)) {
      ++refused;
    } else {
      bound.give(MemoryBound::For::kTables, 100);
    }
  }
  done = true;
  greedy.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(bound.use().total(), 0U);
}

}  // namespace
}  // namespace ringtail::inline v1
