// No memory: the n-th allocation fails, for every n, or all fail from the n-th on until the session has stopped.
// Nothing throws where it must not, nothing hangs, and every attempt is on the timeline or in the totals.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/format/rtt.h"
#include "ringtail/format/rtt_file.h"
#include "ringtail/record/scope.h"
#include "tests/support/accounts.h"
#include "tests/support/allocations.h"
#include "tests/support/child_process.h"
#include "tests/support/scale.h"
#include "tests/support/temporary_folder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::AllocationFaults;
using ::ringtail::testing::expect_accounts_add_up;
using ::ringtail::testing::scaled;
using ::ringtail::testing::stride_for;

constexpr long kForever = std::numeric_limits<long>::max();

struct Outcome {
  bool constructed = false;
  std::optional<ErrorCode> start_error;
  bool recorder_missing = false;       // some recorder found no memory for a lane
  std::uint64_t attempted = 0;         // by the recorders themselves
  std::uint64_t delivered = 0;         // rows that the sink got, or that are in the file
  std::uint64_t triggered = 0;         // times
  std::uint64_t handed_over = 0;       // snapshots
  std::unique_ptr<const Trace> trace;  // made where it stays: to move one takes memory
  long allocations = 0;
};

// One microsecond each.
void record(Recorder& recorder, ManualClock& time, int round) {
  static const std::array<const char*, 4> kNames{"relu", "softmax", "a name too long to be kept inside a string",
                                                 "another name too long to be kept inside a string"};
  for (int i = 0; i < 20; ++i) {
    recorder.step(static_cast<std::uint64_t>(round * 20 + i));
    const auto at = static_cast<std::uint64_t>(i);
    Scope outer(recorder, kNames[at % kNames.size()], recorder.device(i % 2 == 0 ? "gpu:0" : "gpu:1"));
    if (round < 3) outer.shapes({{at, 3}, {3, static_cast<std::uint64_t>(round)}}, {at, 4}, 4);
    if (i % 5 == 0) outer.queued_at(recorder.now());
    time.advance(1us);
  }
  if (round == 1) {
    const std::string name = "op " + std::to_string(reinterpret_cast<std::uintptr_t>(&recorder) % 97);
    const Scope scope(recorder, name);
    time.advance(1us);
  }
}

// Where spans go: options, in a folder of their own, that tell of it in an outcome.
struct Destination {
  const char* name;
  SessionOptions (*options)(Outcome& outcome, const TemporaryFolder& folder);
};
void PrintTo(const Destination& destination, std::ostream* out) { *out << destination.name; }

constexpr char kFile[] = "trace.rtt";

SessionOptions memory(Outcome&, const TemporaryFolder&) { return {}; }
SessionOptions sink(Outcome& outcome, const TemporaryFolder&) {
  return {.sink = [&outcome](const Trace& batch) { outcome.delivered += batch.size(); }, .flush_interval = 0ms};
}
SessionOptions file(Outcome&, const TemporaryFolder& folder) {
  return {.sink = rtt_file(folder.path(kFile)), .flush_interval = 0ms};
}
SessionOptions compressed_file(Outcome&, const TemporaryFolder& folder) {
  return {.sink = rtt_file(folder.path(kFile), {.compress = true}), .flush_interval = 0ms};
}
SessionOptions flight_recorder(Outcome& outcome, const TemporaryFolder&) {
  SessionOptions options{.max_spans = 400, .keep = Keep::kLatest, .window = 1ms};
  options.triggers = {.on_trigger =
                          [&outcome](const Trace& trace, const Trigger&) {
                            ++outcome.handed_over;
                            for (const TraceThread& thread : trace.threads) {
                              EXPECT_EQ(thread.attempted, thread.recorded + thread.folded);
                            }
                          },
                      .slow_step = 1e9,  // watched, and never seen
                      .cooldown = 0ns,
                      .most = 1'000};
  return options;
}

// Rows of a file that was cut off anywhere: what it has is readable.
std::uint64_t rows_in(const TemporaryFolder& folder) {
  std::uint64_t rows = 0;
  for (const std::string& name : folder.names()) {
    if (std::filesystem::file_size(folder.path(name)) == 0) continue;
    const Result<Trace> trace = read_rtt_file(folder.path(name));
    EXPECT_TRUE(trace.ok()) << trace.error().message;
    if (trace.ok()) rows += trace.value().size();
  }
  return rows;
}

// A whole life of a session; the faults end when it has stopped.
Outcome live(const Destination& destination, long from, long to) {
  Outcome outcome;
  const TemporaryFolder folder;
  ManualClock time(1s);
  SessionOptions options = destination.options(outcome, folder);
  options.collector_thread = false;
  options.clock = Clock::manual(time);
  options.ring_entries = 64;
  options.fold_cells = 8;
  options.max_rings = 2;
  const bool has_triggers = options.triggers.on_trigger != nullptr;
  const AllocationFaults faults(from, to);
  std::optional<Session> session;
  try {
    session.emplace(options);
  } catch (const std::bad_alloc&) {
    outcome.allocations = AllocationFaults::end();
    return outcome;
  }
  outcome.constructed = true;
  if (const Status started = session->start(); !started.ok()) {
    outcome.start_error = started.error().code;
    if (!session->start().ok()) {
      outcome.allocations = AllocationFaults::end();
      if (!session->start().ok()) return outcome;
    }
  }
  {
    std::optional<Recorder> first = session->recorder("first, by a name that is long");
    Recorder second = session->recorder("second");
    const Scope open(second, "never ends before the stop");
    for (int round = 0; round < 40; ++round) {
      if (first) record(*first, time, round);
      if (round % 2 == 0) record(second, time, round);
      if (has_triggers && round % 10 == 1) {
        session->trigger("asked for, with a reason that is long");
        ++outcome.triggered;
      }
      if (round % 3 == 0) session->drain_once();
      if (round == 20) {
        outcome.attempted += first->attempted();
        first.reset();
        Recorder third = session->recorder("third");  // without a ring until the first's is drained
        record(third, time, round);
        outcome.attempted += third.attempted();
      }
      if (round % 10 == 5) {
        try {
          static_cast<void>(session->snapshot());
        } catch (const std::bad_alloc&) {
        }
      }
    }
    outcome.attempted += second.attempted();
    static_cast<void>(session->stop());
  }
  for (int tries = 0; tries < 2 && !outcome.trace; ++tries) {
    try {
      outcome.trace.reset(new Trace(session->take_trace()));
    } catch (const std::bad_alloc&) {
    }
  }
  outcome.allocations = AllocationFaults::end();
  if (!outcome.trace) outcome.trace.reset(new Trace(session->take_trace()));
  outcome.delivered += rows_in(folder);
  outcome.recorder_missing = outcome.trace->metadata.contains("ringtail.recorders_without_memory");
  return outcome;
}

void expect_law(const Outcome& outcome) {
  ASSERT_TRUE(outcome.trace != nullptr);
  EXPECT_EQ(expect_accounts_add_up(*outcome.trace, outcome.delivered), outcome.attempted);
  const auto passed_over = outcome.trace->metadata.find("ringtail.triggers_passed_over");
  const bool all_handed_over = passed_over == outcome.trace->metadata.end();
  EXPECT_EQ(outcome.handed_over + (all_handed_over ? 0 : std::stoull(passed_over->second)), outcome.triggered);
  EXPECT_NEAR(outcome.trace->total_duration_us, static_cast<double>(outcome.attempted), 1e-3);
}

class AllocationFaultsTest : public ::testing::TestWithParam<Destination> {};

TEST_P(AllocationFaultsTest, LeaveEveryAttemptAccountedForWhenOneFails) {
  const Outcome whole = live(GetParam(), kForever, kForever);
  expect_law(whole);
  EXPECT_GT(whole.attempted, 800U);
  EXPECT_FALSE(whole.recorder_missing);
  int refused_starts = 0;
  int without_row = 0;
  for (long n = 0; n < whole.allocations; n += testing::kFaultStride) {
    SCOPED_TRACE(n);
    const Outcome outcome = live(GetParam(), n, n + 1);
    if (!outcome.constructed) continue;
    EXPECT_EQ(outcome.start_error.value_or(ErrorCode::kNoMemory), ErrorCode::kNoMemory);
    expect_law(outcome);
    if (HasFailure()) return;
    refused_starts += outcome.start_error ? 1 : 0;
    for (const Loss& loss : outcome.trace->losses) without_row += loss.cause == LossCause::kNoMemory ? 1 : 0;
    EXPECT_FALSE(outcome.recorder_missing);  // a lane is tried for twice
    EXPECT_EQ(outcome.attempted, whole.attempted);
  }
  if (testing::kFaultStride == 1) {
    EXPECT_GT(refused_starts, 0);
    EXPECT_GT(without_row, 0);
  }
  std::printf("%ld allocations, each failed once: %d starts refused, %d rows of the ledger for want of memory\n",
              whole.allocations, refused_starts, without_row);
}

TEST_P(AllocationFaultsTest, LeaveEveryAttemptAccountedForWhenAllFailForAWhile) {
  const long allocations = live(GetParam(), kForever, kForever).allocations;
  constexpr std::array<long, 3> kLengths{16, 256, kForever / 2};
  const auto stride = static_cast<long>(stride_for(static_cast<std::size_t>(allocations)));
  int missing = 0;
  std::size_t turn = 0;
  for (long n = 0; n < allocations; n += stride) {
    SCOPED_TRACE(n);
    const Outcome outcome = live(GetParam(), n, n + kLengths[turn++ % kLengths.size()]);
    if (!outcome.constructed || !outcome.trace) continue;  // refused for good
    expect_law(outcome);
    if (HasFailure()) return;
    missing += outcome.recorder_missing ? 1 : 0;
  }
  EXPECT_GT(missing, 0);  // recorders that record nothing are counted
}

constexpr Destination kDestinations[] = {{"memory", memory},
                                         {"flight_recorder", flight_recorder},
                                         {"sink", sink},
                                         {"file", file},
                                         {"compressed_file", compressed_file}};
INSTANTIATE_TEST_SUITE_P(Destinations, AllocationFaultsTest, ::testing::ValuesIn(kDestinations),
                         [](const auto& given) { return std::string(given.param.name); });

TEST(AllocationFaults, LetAForkedChildBeginAnewWhicheverOfItsAllocationsFails) {
  enum Verdict : int { kExact = 10, kNothingFailed, kOtherError, kNeverBegins, kNotExact };
  Session session({.ring_entries = 64, .max_rings = 2, .collector_thread = false});
  const OpId op = session.op("an op");
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("parent");
  { const Scope scope(recorder, op); }
  long failed = 0;
  for (int verdict = kExact; verdict != kNothingFailed; ++failed) {
    SCOPED_TRACE(failed);
    verdict = testing::code_of_child([&]() -> int {
      const AllocationFaults faults(failed, failed + 1);
      Status begun = session.restart_in_child();
      if (begun.ok() && AllocationFaults::end() <= failed) return kNothingFailed;
      if (!begun.ok() && begun.error().code != ErrorCode::kNoMemory) return kOtherError;
      if (!begun.ok()) begun = session.restart_in_child();
      if (!begun.ok()) return kNeverBegins;
      for (int i = 0; i < 10; ++i) const Scope scope(session.this_thread(), op);
      const Trace trace = session.take_trace();
      return trace.size() == 10 && trace[0].operation() == "an op" ? kExact : kNotExact;
    });
    ASSERT_TRUE(verdict == kExact || verdict == kNothingFailed) << verdict;
  }
  EXPECT_GT(failed, 20);
  EXPECT_EQ(session.take_trace().size(), 1U);
}

TEST(AllocationFaults, LeaveEveryAttemptOfThreadsAccountedFor) {
  const long rounds = scaled(300);
  for (long round = 0; round < rounds; ++round) {
    SCOPED_TRACE(round);
    Session session({.ring_entries = 64, .max_spans = 20'000, .keep = round % 2 == 0 ? Keep::kFirst : Keep::kLatest});
    std::atomic<int> ready{0};
    std::atomic<bool> go{false};
    std::array<std::uint64_t, 3> attempted{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < attempted.size(); ++i) {
      threads.emplace_back([&, i] {
        ++ready;
        while (!go) std::this_thread::yield();
        for (int lease = 0; lease < 3; ++lease) {
          Recorder recorder = session.recorder("w");
          for (int n = 0; n < 2'000; ++n) {
            const Scope scope(recorder, n % 2 == 0 ? "even" : "odd");
          }
          attempted[i] += recorder.attempted();
        }
      });
    }
    ASSERT_TRUE(session.start().ok());
    while (ready < 3) std::this_thread::yield();
    {
      const AllocationFaults faults(round % 50, round % 50 + 1 + round / 10);
      go = true;
      for (std::thread& thread : threads) thread.join();
      static_cast<void>(session.stop());
    }
    const Trace trace = session.take_trace();
    EXPECT_EQ(expect_accounts_add_up(trace), attempted[0] + attempted[1] + attempted[2]);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
