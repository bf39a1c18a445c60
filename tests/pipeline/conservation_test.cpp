// Nothing is lost: what threads say they recorded, counted by themselves, is what the trace says, to the last
// span.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::scaled;

struct Totals {
  std::uint64_t count = 0;
  std::uint64_t duration_ns = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const Totals&, const Totals&) = default;

  void add(std::uint64_t n, std::uint64_t ns, std::uint64_t b) {
    count += n;
    duration_ns += ns;
    bytes += b;
  }
  void add(const Totals& other) { add(other.count, other.duration_ns, other.bytes); }
};

using ByName = std::map<std::string, Totals>;

constexpr std::size_t kOps = 12;
constexpr std::size_t kDevices = 8;

struct Counted {
  std::array<std::array<Totals, kDevices>, kOps> cells{};
  std::uint64_t spans = 0;
};

// Records `spans` spans whose times are known beforehand, and counts them on the side.
Counted produce(Recorder recorder, const std::array<OpId, kOps>& ops, const std::array<DeviceId, kDevices>& devices,
                const std::array<InternedShapes, 4>& shapes, long spans, std::uint64_t seed) {
  Counted counted;
  std::minstd_rand random(static_cast<std::uint32_t>(seed + 1));
  for (long i = 0; i < spans; ++i) {
    const std::uint64_t draw = random();
    const std::size_t op = draw % kOps;
    const std::size_t device = (draw >> 8U) % kDevices;
    const InternedShapes shape = shapes[(draw >> 12U) % shapes.size()];
    const auto duration = static_cast<std::int64_t>(draw % 100'000);
    recorder.complete(ops[op], devices[device],
                      CompleteSpan<Nanoseconds>{Nanoseconds{i * 1000}, Nanoseconds{i * 1000 + duration}, shape});
    counted.cells[op][device].add(1, static_cast<std::uint64_t>(duration), shape.bytes);
    ++counted.spans;
  }
  EXPECT_EQ(recorder.attempted(), counted.spans);
  return counted;
}

ByName by_op(const Trace& trace) {
  ByName totals;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    totals[std::string(trace[row].operation())].add(
        1, static_cast<std::uint64_t>(to_nanoseconds(trace[row].duration_us()).count()), trace.memory_bytes(row));
  }
  for (const FoldedTotal& folded : trace.folded) {
    totals[std::string(trace.operation(folded.op))].add(
        folded.count, static_cast<std::uint64_t>(folded.duration.count()), folded.bytes);
  }
  return totals;
}

ByName by_device(const Trace& trace) {
  ByName totals;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    totals[std::string(*trace[row].device())].add(
        1, static_cast<std::uint64_t>(to_nanoseconds(trace[row].duration_us()).count()), trace.memory_bytes(row));
  }
  for (const FoldedTotal& folded : trace.folded) {
    totals[std::string(*trace.device(folded.device))].add(
        folded.count, static_cast<std::uint64_t>(folded.duration.count()), folded.bytes);
  }
  return totals;
}

void expect_accounts_add_up(const Trace& trace) {
  std::vector<std::uint64_t> rows(trace.threads.size(), 0);
  for (std::size_t row = 0; row < trace.size(); ++row) ++rows[index_of(trace[row].thread())];
  std::vector<std::uint64_t> lost(trace.threads.size(), 0);
  for (const Loss& loss : trace.losses) lost[index_of(loss.thread)] += loss.count;
  std::uint64_t folded = 0;
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    const TraceThread& thread = trace.threads[i];
    EXPECT_EQ(thread.attempted, thread.recorded + thread.folded) << thread.name;
    EXPECT_EQ(thread.recorded, rows[i]) << thread.name;
    EXPECT_EQ(thread.folded, lost[i]) << thread.name;
    folded += thread.folded;
  }
  std::uint64_t in_totals = 0;
  for (const FoldedTotal& total : trace.folded) in_totals += total.count;
  EXPECT_EQ(in_totals, folded);
}

TEST(Conservation, HoldsForEightProducersWithRingsThatOverflow) {
  constexpr int kProducers = 8;
  const long spans = scaled(5'000'000);
  Session session({.ring_entries = 1'024, .max_spans = static_cast<std::size_t>(scaled(6'000'000))});
  std::array<OpId, kOps> ops{};
  std::array<DeviceId, kDevices> devices{};
  for (std::size_t i = 0; i < kOps; ++i) ops[i] = session.op("op" + std::to_string(i));
  for (std::size_t i = 0; i < kDevices; ++i) devices[i] = session.device("gpu:" + std::to_string(i));
  const std::array<InternedShapes, 4> shapes{session.shapes({{4}, {4}}, {4}), session.shapes({{64, 32}}, {64, 16}, 4),
                                             session.shapes({}, {1}, 1), InternedShapes{}};
  ASSERT_TRUE(session.start().ok());
  std::vector<Counted> counted(kProducers);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kProducers; ++i) {
    threads.emplace_back([&, i] {
      counted[i] = produce(session.recorder("producer " + std::to_string(i)), ops, devices, shapes, spans, i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Trace trace = session.take_trace();

  ByName ops_expected;
  ByName devices_expected;
  for (const Counted& one : counted) {
    for (std::size_t op = 0; op < kOps; ++op) {
      for (std::size_t device = 0; device < kDevices; ++device) {
        if (one.cells[op][device].count == 0) continue;
        ops_expected["op" + std::to_string(op)].add(one.cells[op][device]);
        devices_expected["gpu:" + std::to_string(device)].add(one.cells[op][device]);
      }
    }
  }
  EXPECT_EQ(by_op(trace), ops_expected);
  EXPECT_EQ(by_device(trace), devices_expected);
  expect_accounts_add_up(trace);
  std::uint64_t attempted = 0;
  std::uint64_t lost_before = 0;
  for (std::size_t i = 0; i < kProducers; ++i)
    EXPECT_EQ(trace.threads[i].attempted, static_cast<std::uint64_t>(spans));
  for (const TraceThread& thread : trace.threads) attempted += thread.attempted;
  for (std::size_t row = 0; row < trace.size(); ++row) lost_before += trace[row].lost_before();
  EXPECT_EQ(attempted, static_cast<std::uint64_t>(spans) * kProducers);
  EXPECT_LE(lost_before, attempted - trace.size());
  std::printf("%llu attempted = %zu recorded + %llu folded\n", static_cast<unsigned long long>(attempted),
              trace.size(), static_cast<unsigned long long>(attempted - trace.size()));
}

TEST(Conservation, HoldsWhenTheSessionStopsUnderItsProducers) {
  for (int round = 0; round < static_cast<int>(scaled(100)); ++round) {
    Session session({.ring_entries = 64});
    const OpId op = session.op("op");
    ASSERT_TRUE(session.start().ok());
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        Recorder recorder = session.recorder("w");
        while (!stop) {
          const Scope scope(recorder, op);
        }
      });
    }
    std::this_thread::sleep_for(1ms);  // not for the result: only so that there is something to stop
    const Trace trace = session.take_trace();
    stop = true;
    for (std::thread& thread : threads) thread.join();
    expect_accounts_add_up(trace);
  }
}

TEST(Conservation, HoldsOverManyStartsAndStopsUnderProducers) {
  Session session({.ring_entries = 16});
  const OpId op = session.op("op");
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      while (!stop) {  // one thread keeps its recorder, the others come and go
        Recorder recorder = session.recorder("w");
        for (int n = 0; n < 200 || (i == 0 && !stop); ++n) {
          const Scope scope(recorder, op);
        }
      }
    });
  }
  std::uint64_t attempted = 0;
  for (int round = 0; round < static_cast<int>(scaled(200, 10'000)); ++round) {
    ASSERT_TRUE(session.start().ok());
    if (round % 3 == 0) {
      session.pause();
      session.resume();
    }
    std::this_thread::yield();
    const Trace trace = session.take_trace();
    expect_accounts_add_up(trace);
    for (const TraceThread& thread : trace.threads) attempted += thread.attempted;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(attempted, 0U);
}

// A producer flat out fills its ring again while a snapshot or batch is made.
TEST(Conservation, HoldsInEverySnapshotAndEveryBatch) {
  for (const bool has_sink : {false, true}) {
    std::uint64_t delivered = 0;
    const auto expect_law = [&](const Trace& trace) {
      for (const TraceThread& thread : trace.threads) {
        EXPECT_EQ(thread.attempted, thread.recorded + thread.folded);
        EXPECT_EQ(thread.recorded, delivered + trace.size());
      }
    };
    SessionOptions options{.ring_entries = 128, .max_spans = 1U << 14U, .flush_interval = 1ms};
    if (has_sink) {
      options.sink = [&](const Trace& batch) {
        expect_law(batch);
        delivered += batch.size();
      };
    }
    Session session(options);
    ASSERT_TRUE(session.start().ok());
    std::atomic<bool> done{false};
    std::thread producer([&] {
      Recorder recorder = session.recorder("producer");
      const OpId op = recorder.op("op");
      while (!done.load(std::memory_order_relaxed)) const Scope scope(recorder, op);
    });
    for (long i = scaled(300); i > 0; --i) {
      const Trace snapshot = session.snapshot();
      if (!has_sink) expect_law(snapshot);
      std::this_thread::sleep_for(1ms);
    }
    done.store(true, std::memory_order_relaxed);
    producer.join();
    expect_law(session.take_trace());
  }
}

TEST(Conservation, GivesEqualOutputForEqualInput) {
  const auto run = [](int drains) {
    ManualClock time(1s);
    Session session({.collector_thread = false, .clock = Clock::manual(time)});
    EXPECT_TRUE(session.start().ok());
    std::vector<Recorder> recorders;
    for (int i = 0; i < 3; ++i) recorders.push_back(session.recorder("w" + std::to_string(i)));
    std::mt19937 random(5);
    for (int i = 0; i < 500; ++i) {
      Recorder& recorder = recorders[random() % recorders.size()];
      const auto begin = Nanoseconds{static_cast<std::int64_t>(random() % 100)};
      recorder.complete(recorder.op("op" + std::to_string(i % 7)), recorder.device("gpu:" + std::to_string(i % 2)),
                        CompleteSpan<Nanoseconds>{begin, begin + 3ns});
      if (drains > 0 && i % drains == 0) session.drain_once();
    }
    return session.take_trace();
  };
  const auto strip = [](Trace trace) {
    trace.origin.reset();  // the wall clock differs
    trace.cost.reset();    // so do the times that it took
    return trace;
  };
  const Trace reference = strip(run(0));
  for (const int drains : {1, 7, 100}) EXPECT_TRUE(strip(run(drains)) == reference) << drains;
}

}  // namespace
}  // namespace ringtail::inline v1
