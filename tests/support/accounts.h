// tests/support/accounts.h
//
// The law of every trace: attempted == recorded + folded for each thread, in sum the rows, the totals and the ledger.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::testing {

// delivered: rows that a sink got. Returns what was attempted.
inline std::uint64_t expect_accounts_add_up(const Trace& trace, std::uint64_t delivered = 0) {
  std::vector<std::uint64_t> listed(trace.threads.size(), 0);
  for (const Loss& loss : trace.losses) listed[index_of(loss.thread)] += loss.count;
  std::uint64_t attempted = 0;
  std::uint64_t recorded = 0;
  std::uint64_t folded = 0;
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    const TraceThread& thread = trace.threads[i];
    EXPECT_EQ(thread.attempted, thread.recorded + thread.folded) << thread.name;
    EXPECT_EQ(thread.folded, listed[i]) << thread.name;
    attempted += thread.attempted;
    recorded += thread.recorded;
    folded += thread.folded;
  }
  std::uint64_t totals = 0;
  for (const FoldedTotal& total : trace.folded) totals += total.count;
  EXPECT_EQ(recorded, trace.size() + delivered);
  EXPECT_EQ(folded, totals);
  return attempted;
}

// Folded for this cause.
inline std::uint64_t lost(const Trace& trace, LossCause cause) {
  std::uint64_t count = 0;
  for (const Loss& loss : trace.losses) count += loss.cause == cause ? loss.count : 0;
  return count;
}

}  // namespace ringtail::testing
