// Accounting over very many spans, for each way in which a span can be lost: every attempt is received once, whole
// and in its thread's order, or it is in a gap that says how many, or it is in the totals. Some millions each; 10^9
// each at full scale.
//
// A span says who it is: the number of the attempt is its begin, and a checksum of number and thread its duration.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "tests/support/accounts.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::expect_accounts_add_up;
using ::ringtail::testing::lost;
using ::ringtail::testing::scaled;

constexpr std::size_t kProducers = 2;
constexpr unsigned kBits = 20;  // of the checksum; a begin is the number above them, so spans never overlap

std::uint64_t checksum(std::uint64_t number, std::uint64_t producer) {
  return ((number * 2 + producer) * 0x9E37'79B9'7F4A'7C15ULL) >> (64 - kBits);
}

// What one thread's rows say.
struct Received {
  std::uint64_t rows = 0;
  std::uint64_t gaps = 0;   // spans that rows say were folded before them
  std::uint64_t next = 0;   // number after the last row
  std::uint64_t wrong = 0;  // rows that are torn, out of order, or behind a gap of another length
};

// The rows of a batch, or of a trace whose front may be gone.
void receive(const Trace& trace, std::array<Received, kProducers>& received, bool from_the_first) {
  std::array<bool, kProducers> begun{};
  begun.fill(from_the_first);
  const Trace::Columns& columns = trace.columns();
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const std::size_t producer = index_of(columns.thread.at(row));
    // Of absolute nanoseconds, which may lie before the trace's origin.
    const auto begin = static_cast<std::uint64_t>(columns.begin_ns.at(row) + trace.origin->monotonic.count());
    const std::uint64_t number = begin >> kBits;
    const std::uint64_t gap = columns.lost_before.at(row);
    const auto duration = static_cast<std::uint64_t>(to_nanoseconds(columns.duration_us[row]).count());
    Received& of = received[producer];
    const bool is_next = !begun[producer] || number == of.next + gap;
    const bool is_itself = duration == checksum(number, producer) && index_of(columns.device[row]) == producer;
    of.wrong += is_next && is_itself ? 0 : 1;
    of.gaps += begun[producer] ? gap : 0;
    begun[producer] = true;
    of.next = number + 1;
    ++of.rows;
  }
}

// Two threads that attempt `spans` in all, as fast as it goes or one each `between`.
void produce(Session& session, std::uint64_t spans, std::chrono::nanoseconds between = 0ns) {
  const OpId op = session.op("op");
  const std::array<DeviceId, kProducers> devices{session.device("device 0"), session.device("device 1")};
  std::vector<Recorder> recorders;
  for (std::size_t i = 0; i < kProducers; ++i) recorders.push_back(session.recorder("producer " + std::to_string(i)));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kProducers; ++i) {
    threads.emplace_back([&, i] {
      auto next = std::chrono::steady_clock::now();
      for (std::uint64_t n = 0; n < spans / kProducers; ++n) {
        for (next += between; between > 0ns && std::chrono::steady_clock::now() < next;) {
        }
        const auto begin = static_cast<std::int64_t>(n << kBits);
        const auto end = begin + static_cast<std::int64_t>(checksum(n, i));
        recorders[i].complete(op, devices[i], CompleteSpan<Nanoseconds>{Nanoseconds{begin}, Nanoseconds{end}});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void expect_all_accounted_for(const Trace& trace, const std::array<Received, kProducers>& received,
                              std::uint64_t spans) {
  std::uint64_t rows = 0;
  std::uint64_t folded = 0;
  for (std::size_t i = 0; i < kProducers; ++i) {
    const TraceThread& thread = trace.threads[i];
    EXPECT_EQ(received[i].wrong, 0U) << thread.name;
    EXPECT_EQ(thread.attempted, spans / kProducers) << thread.name;
    EXPECT_EQ(thread.recorded, received[i].rows) << thread.name;
    // The gaps, and what came after the last row.
    EXPECT_EQ(thread.folded, received[i].gaps + spans / kProducers - received[i].next) << thread.name;
    rows += received[i].rows;
    folded += thread.folded;
  }
  EXPECT_EQ(expect_accounts_add_up(trace, rows - trace.size()), spans);
  std::printf("%llu attempted = %llu received + %llu folded\n", static_cast<unsigned long long>(spans),
              static_cast<unsigned long long>(rows), static_cast<unsigned long long>(folded));
}

std::uint64_t spans() { return static_cast<std::uint64_t>(scaled(4'000'000, 1'000'000'000)); }

// Everything that is not folded goes to a sink, which looks at each row.
Trace run_with_sink(SessionOptions options, std::array<Received, kProducers>& received) {
  options.sink = [&received](const Trace& batch) { receive(batch, received, true); };
  Session session(options);
  EXPECT_TRUE(session.start().ok());
  produce(session, spans());
  return session.take_trace();
}

TEST(Soak, AccountsForEverySpanThatFindsTheRingFull) {
  std::array<Received, kProducers> received{};
  const Trace trace = run_with_sink({.ring_entries = 1'024, .flush_interval = 1ms}, received);
  expect_all_accounted_for(trace, received, spans());
  EXPECT_GT(lost(trace, LossCause::kRingFull), 0U);
}

TEST(Soak, AccountsForEverySpanThatWaitsForRoom) {
  std::array<Received, kProducers> received{};
  const Trace trace = run_with_sink({.ring_entries = 1'024, .flush_interval = 1ms, .max_block = 200us}, received);
  expect_all_accounted_for(trace, received, spans());
  EXPECT_GT(trace.threads[0].blocked + trace.threads[1].blocked, 0ns);
}

TEST(Soak, AccountsForEverySpanThatAFlightRecorderLetsGo) {
  constexpr std::size_t kKept = 50'000;
  Session session({.ring_entries = 4'096, .max_spans = kKept, .keep = Keep::kLatest});
  ASSERT_TRUE(session.start().ok());
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {  // what is overwritten meanwhile is never read
      std::array<Received, kProducers> received{};
      const Trace snapshot = session.snapshot();
      receive(snapshot, received, false);
      EXPECT_EQ(received[0].wrong + received[1].wrong, 0U);
      EXPECT_LE(snapshot.size(), kKept);
      std::this_thread::yield();
    }
  });
  produce(session, spans());
  done = true;
  reader.join();
  const Trace trace = session.take_trace();
  std::array<Received, kProducers> received{};
  receive(trace, received, false);
  EXPECT_EQ(received[0].wrong + received[1].wrong, 0U);
  EXPECT_EQ(expect_accounts_add_up(trace), spans());
  EXPECT_GT(trace.size(), 0U);
  EXPECT_LE(trace.size(), kKept);
  EXPECT_EQ(lost(trace, LossCause::kOverwritten) + lost(trace, LossCause::kRingFull), spans() - trace.size());
  std::printf("%llu attempted, the last %zu kept\n", static_cast<unsigned long long>(spans()), trace.size());
}

// At 200,000 spans a second: one second of them, ten at full scale.
TEST(Soak, AccountsForEverySpanWhileASinkStalls) {
  const auto stalled = static_cast<std::uint64_t>(scaled(200'000, 2'000'000));
  std::array<Received, kProducers> received{};
  std::atomic<bool> open{false};
  std::uint64_t calls = 0;
  Session session({.ring_entries = 1'024,
                   .sink =
                       [&](const Trace& batch) {
                         if (++calls == 3) open.wait(false);  // until every span was attempted
                         receive(batch, received, true);
                       },
                   .flush_interval = 1ms});
  ASSERT_TRUE(session.start().ok());
  produce(session, stalled, kProducers * 5us);
  EXPECT_LT(session.memory().total(), std::size_t{256} << 20U);
  open = true;
  open.notify_all();
  const Trace trace = session.take_trace();
  expect_all_accounted_for(trace, received, stalled);
  EXPECT_GT(lost(trace, LossCause::kRingFull), 0U);
}

}  // namespace
}  // namespace ringtail::inline v1
