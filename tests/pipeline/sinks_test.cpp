// Nothing is lost, wherever spans go: several producers flat out into small rings, a collector thread, snapshots
// meanwhile.
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::scaled;

constexpr int kProducers = 4;

// attempted == recorded + folded for every thread, in sum the rows, the totals and the ledger. Returns what was
// attempted.
std::uint64_t expect_accounts_add_up(const Trace& trace, std::uint64_t delivered = 0) {
  std::uint64_t attempted = 0;
  std::uint64_t recorded = 0;
  std::uint64_t folded = 0;
  std::uint64_t totals = 0;
  for (const TraceThread& thread : trace.threads) {
    EXPECT_EQ(thread.attempted, thread.recorded + thread.folded) << thread.name;
    attempted += thread.attempted;
    recorded += thread.recorded;
    folded += thread.folded;
  }
  for (const FoldedTotal& total : trace.folded) totals += total.count;
  if (const auto without = trace.metadata.find("ringtail.folded_without_totals"); without != trace.metadata.end()) {
    totals += std::stoull(without->second);
  }
  EXPECT_EQ(recorded, trace.size() + delivered);
  EXPECT_EQ(folded, totals);
  return attempted;
}

// Producers that record `spans` each, while `meanwhile` runs again and again on this thread.
template <class Meanwhile>
Trace record(Session& session, long spans, Meanwhile meanwhile) {
  const OpId op = session.op("op");
  EXPECT_TRUE(session.start().ok());
  std::atomic<int> running{kProducers};
  std::vector<std::thread> threads;
  for (int i = 0; i < kProducers; ++i) {
    threads.emplace_back([&] {
      {
        Recorder recorder = session.recorder("producer");
        for (long n = 0; n < spans; ++n) {
          const Scope outer(recorder, op);
          if (n % 4 == 0) {
            const Scope inner(recorder, "inner");
          }
        }
      }
      --running;
    });
  }
  while (running > 0) meanwhile();
  for (std::thread& thread : threads) thread.join();
  return session.take_trace();
}

std::uint64_t all(long spans) {
  return static_cast<std::uint64_t>(kProducers) * static_cast<std::uint64_t>(spans + (spans + 3) / 4);
}

TEST(Sinks, ConserveSpansInAFlightRecorderAndItsSnapshots) {
  const long spans = scaled(400'000);
  for (const SessionOptions& options :
       {SessionOptions{.ring_entries = 256, .max_spans = 20'000, .keep = Keep::kLatest},
        SessionOptions{.max_spans = 50'000, .keep = Keep::kLatest, .window = 2ms},
        SessionOptions{.ring_entries = 16, .max_spans = 1'000}}) {
    Session session(options);
    std::uint64_t last = 0;
    const Trace trace = record(session, spans, [&] {
      const Trace snapshot = session.snapshot();
      const std::uint64_t attempted = expect_accounts_add_up(snapshot);
      EXPECT_GE(attempted, last);
      EXPECT_LE(snapshot.size(), options.max_spans);
      for (std::size_t row = 1; row < snapshot.size(); ++row) {
        ASSERT_LE(*snapshot[row - 1].begin(), *snapshot[row].begin());
      }
      last = attempted;
    });
    EXPECT_EQ(expect_accounts_add_up(trace), all(spans));
  }
}

TEST(Sinks, ConserveSpansThatGoToASink) {
  const long spans = scaled(400'000);
  std::uint64_t delivered = 0;  // by the draining thread, under the session's mutex
  Session session(
      {.ring_entries = 1'024, .sink = [&](const Trace& batch) { delivered += batch.size(); }, .flush_interval = 1ms});
  const Trace trace = record(session, spans, [&] {
    if (session.snapshot().size() != 0) ADD_FAILURE() << "expected the rows to go to the sink";
    std::this_thread::yield();
  });
  EXPECT_EQ(expect_accounts_add_up(trace, delivered), all(spans));
}

TEST(Sinks, ConserveSpansWhenTheSinkThrows) {
  const long spans = scaled(200'000);
  std::uint64_t delivered = 0;
  bool threw = false;  // on a machine so busy that the collector runs only at the end, not
  Session session({.sink =
                       [&](const Trace& batch) {
                         threw = delivered > 10'000;
                         if (threw) throw std::runtime_error("full");
                         delivered += batch.size();
                       },
                   .flush_interval = 0ms});
  const Trace trace = record(session, spans, [] { std::this_thread::yield(); });
  EXPECT_EQ(expect_accounts_add_up(trace, delivered), all(spans));
  EXPECT_EQ(session.sink_error(), threw ? "full" : "");
}

}  // namespace
}  // namespace ringtail::inline v1
