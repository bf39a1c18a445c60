// SessionOptions::max_memory, with the allocator as the judge: whatever the program names and records, what the
// session holds stays below the bound, and what found no room is accounted for.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/accounts.h"
#include "tests/support/allocations.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::expect_accounts_add_up;
using ::ringtail::testing::live_bytes;
using ::ringtail::testing::lost;
using ::ringtail::testing::peak_bytes;
using ::ringtail::testing::reset_peak;
using ::ringtail::testing::scaled;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

// Names, devices, shapes and steps without end.
void record_anything(Recorder& recorder, std::uint64_t salt, long spans, ManualClock* time) {
  for (long i = 0; i < spans; ++i) {
    const auto n = static_cast<std::uint64_t>(i) + salt * 1'000'000;
    recorder.step(n);
    if (i % 8 == 0) {
      const std::string name = "an operation with a long name, number " + std::to_string(n);
      Scope scope(recorder, name, recorder.device("device " + std::to_string(n % 1'000)));
      scope.shapes({{n, 2, 3}, {n, 4}}, {n});
      if (time != nullptr) time->advance(1us);
    } else {
      const Scope scope(recorder, "short");
      if (time != nullptr) time->advance(1us);
    }
  }
}

struct Case {
  const char* name;
  SessionOptions options;
};

std::vector<Case> cases() {
  return {{"the first", {}},
          {"the latest", {.keep = Keep::kLatest}},
          {"a window", {.keep = Keep::kLatest, .window = 20ms}},
          {"a sink", {.sink = [](const Trace&) {}, .flush_interval = 1ms}},
          {"no rings", {.ring_entries = 0}}};
}

TEST(MemoryBound, HoldsAgainstTheAllocatorWhateverIsRecorded) {
  for (Case& with : cases()) {
    for (const std::size_t bound : {4 * kMiB, 24 * kMiB}) {
      SCOPED_TRACE(std::string(with.name) + ", MiB: " + std::to_string(bound / kMiB));
      std::uint64_t delivered = 0;
      ManualClock time(1s);
      SessionOptions options = with.options;
      if (options.ring_entries != 0) options.ring_entries = 1'024;
      options.fold_cells = 256;
      options.max_memory = bound;
      options.collector_thread = false;
      options.clock = Clock::manual(time);
      if (options.sink) options.sink = [&delivered](const Trace& batch) { delivered += batch.size(); };
      std::uint64_t attempted = 0;
      std::size_t refused = 0;
      const std::size_t before = live_bytes();
      Session session(options);
      ASSERT_TRUE(session.start().ok());
      reset_peak();
      {
        std::vector<Recorder> recorders;
        recorders.reserve(100);
        for (std::uint64_t i = 0; i < 100; ++i) {
          recorders.push_back(session.recorder("a thread with a long name, number " + std::to_string(i)));
          for (std::uint64_t part = 0; part < 4; ++part) {
            record_anything(recorders.back(), i * 4 + part, scaled(1'000), &time);
            session.drain_once();
          }
          ASSERT_LE(session.memory().total(), bound);
          ASSERT_LE(live_bytes() - before, session.memory().total() + 64 * 1'024);  // the test's own strings
        }
        for (const Recorder& recorder : recorders) {
          attempted += recorder.attempted();
          refused += recorder.recording() ? 0U : 1U;
        }
        ASSERT_TRUE(session.stop().ok());
      }
      EXPECT_LE(peak_bytes() - before, bound);
      // What there is is used; under sanitizers the oracle does not see the log.
      const bool is_whole = scaled(1'000) >= 1'000;
      EXPECT_TRUE(!is_whole || peak_bytes() - before > bound / 3) << peak_bytes() - before;
      const Trace trace = session.take_trace();
      EXPECT_EQ(expect_accounts_add_up(trace, delivered), attempted);
      EXPECT_EQ(trace.metadata.contains("ringtail.recorders_without_memory"), refused > 0);
    }
  }
}

TEST(MemoryBound, FoldsWhatFindsNoRoomInTheLog) {
  ManualClock time(1s);
  Session session(
      {.ring_entries = 4'096, .max_memory = 8 * kMiB, .collector_thread = false, .clock = Clock::manual(time)});
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const OpId op = session.op("op");
  for (int i = 0; i < 1'000'000; ++i) {
    {
      const Scope scope(recorder, op);
      time.advance(1us);
    }
    if (i % 4'000 == 0) session.drain_once();
  }
  const MemoryUse use = session.memory();
  EXPECT_GT(use.log, 6 * kMiB);
  EXPECT_LE(use.total(), 8 * kMiB);
  const Trace trace = session.take_trace();
  EXPECT_EQ(expect_accounts_add_up(trace), 1'000'000U);
  EXPECT_GT(trace.size(), 6 * kMiB / 16);
  EXPECT_EQ(lost(trace, LossCause::kMemoryBound), 1'000'000 - trace.size());
}

TEST(MemoryBound, RefusesToStartWithLessThanItsOwnBooksTake) {
  Session session({.max_memory = 100'000});
  const Status started = session.start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::kNoMemory);
}

TEST(MemoryBound, HoldsForThreadsThatComeAndGo) {
  const std::size_t before = live_bytes();
  Session session({.ring_entries = 1'024, .max_memory = 12 * kMiB});
  ASSERT_TRUE(session.start().ok());
  for (std::uint64_t round = 0; round < static_cast<std::uint64_t>(scaled(40)); ++round) {
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        Recorder recorder = session.recorder("w");
        record_anything(recorder, round * 8 + i, 2'000, nullptr);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_LE(session.memory().total(), 12 * kMiB);
  EXPECT_LE(live_bytes() - before, 12 * kMiB);
  expect_accounts_add_up(session.take_trace());
}

}  // namespace
}  // namespace ringtail::inline v1
