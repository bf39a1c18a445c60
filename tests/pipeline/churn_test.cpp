// Threads come and go by the thousand: every span is accounted for and memory stays that of the threads alive
// at once.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/support/accounts.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

using ::ringtail::testing::expect_accounts_add_up;
using ::ringtail::testing::scaled;

// A line of /proc/self/status in KiB.
long status_kib(const std::string& key) {
  std::ifstream file("/proc/self/status");
  std::string word;
  long value = 0;
  while (file >> word) {
    if (word == key + ":" && file >> value) return value;
  }
  return 0;
}

// Twenty thousand threads; a hundred thousand at full scale.
TEST(Churn, KeepsShortThreadsByTheThousandInTheRingsOfThirtyTwo) {
  constexpr int kAtOnce = 32;
  constexpr std::size_t kRingEntries = 4'096;
  constexpr int kSpans = 10;
  const long batches = scaled(20'000, 100'000) / kAtOnce;
  const long before = status_kib("VmRSS");
  // Each thread holds two leases; a lease that finds no free ring drains those that are waiting for it.
  Session session({.ring_entries = kRingEntries, .max_rings = 2 * kAtOnce, .max_threads = 1U << 20U});
  const OpId op = session.op("op");
  ASSERT_TRUE(session.start().ok());
  for (long batch = 0; batch < batches; ++batch) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kAtOnce; ++i) {
      threads.emplace_back([&] {
        // Half by hand, half through the thread-local: both give the lane back when the thread ends.
        for (int n = 0; n < kSpans / 2; ++n) {
          const Scope scope(session.this_thread(), op);
        }
        Recorder recorder = session.recorder("short");
        for (int n = 0; n < kSpans / 2; ++n) {
          const Scope scope(recorder, op);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const long grown = status_kib("VmRSS") - before;
  const Trace trace = session.take_trace();
  const std::uint64_t attempted = expect_accounts_add_up(trace);
  for (const TraceThread& thread : trace.threads) EXPECT_EQ(thread.attempted, static_cast<std::uint64_t>(kSpans / 2));
  EXPECT_EQ(trace.threads.size(), static_cast<std::size_t>(2 * batches * kAtOnce));
  EXPECT_EQ(attempted, static_cast<std::uint64_t>(batches) * kAtOnce * kSpans);
  EXPECT_TRUE(trace.complete());
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  // Rings with their fold tables and caches, the log and the list of threads; 8 MiB for the allocator and
  // thread stacks.
  const long rings = 2 * kAtOnce * (static_cast<long>(kRingEntries) * 64 + 128 * 1024) / 1024;
  const long log = static_cast<long>(attempted) * 64 / 1024;
  const long names = static_cast<long>(trace.threads.size()) * 2 * 128 / 1024;
  EXPECT_LT(grown, rings + log + names + 8 * 1024) << "KiB";
#endif
  std::printf("%zu threads, %llu spans, %zu on the timeline, grown by %ld KiB\n", trace.threads.size(),
              static_cast<unsigned long long>(attempted), trace.size(), grown);
}

}  // namespace
}  // namespace ringtail::inline v1
