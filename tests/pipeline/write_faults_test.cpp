// Every system call of a trace file fails, each time it is made, in each way that it may: what was written before
// stays readable, the first error comes back, and what is in the file and what the ledger says is missing add up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>

#include "ringtail/format/rtt.h"
#include "ringtail/format/rtt_file.h"
#include "tests/collect/session_by_hand.h"
#include "tests/support/accounts.h"
#include "tests/support/faulty_calls.h"
#include "tests/support/scale.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::Fault;
using testing::FaultyCalls;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kShort;

constexpr int kBatches = 3;
constexpr std::uint64_t kRowsOfBatch = 5;
constexpr const char* kCalls[] = {"open",      "fstat",     "lstat",     "flock",  "pwrite",
                                  "ftruncate", "fdatasync", "renameat2", "rename", "close"};
constexpr int kCodes[] = {ENOSPC, EIO, EDQUOT, EINTR, EAGAIN, EBADF, EPIPE, EFBIG, EROFS, EINVAL, ENOSYS, EPERM};

Trace batch(int n) {
  TraceBuilder builder;
  builder.thread("worker").on("gpu:0").shapes({{2, 3}}, {4});
  for (std::uint64_t i = 0; i < kRowsOfBatch; ++i) {
    const Nanoseconds begin = 1us * (100 * n + static_cast<int>(i));
    builder.step(static_cast<std::uint64_t>(n) * kRowsOfBatch + i)
        .span("op " + std::to_string(n), begin, begin + 1us);
  }
  return builder.build();
}

struct Run {
  std::string error;  // of the first call that failed
  int whole = 0;      // calls that succeeded: batches, then the end
};

// Three batches and the end, up to the first error.
Run write_trace(const std::string& path, const RttFileOptions& options) {
  const Sink sink = rtt_file(path, options);
  Run run;
  for (int n = 0; n <= kBatches; ++n, ++run.whole) {
    const Status status = n < kBatches ? sink.append(batch(n)) : sink.finish(Trace());
    if (status.ok()) continue;
    run.error = status.error().message;
    break;
  }
  return run;
}

// Rows 0, 1, 2, ...: how many; -1 if the file has anything else or cannot be read.
std::int64_t rows_in(const std::string& path) {
  const Result<Trace> trace = read_rtt_file(path);
  if (!trace.ok()) return -1;
  for (std::size_t row = 0; row < trace.value().size(); ++row) {
    const EntryView entry = trace.value()[row];
    if (entry.step() != row || entry.operation() != "op " + std::to_string(row / kRowsOfBatch)) return -1;
  }
  return static_cast<std::int64_t>(trace.value().size());
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Whether a file may be whole although this call failed so: signals only interrupt, a short write goes on, looks at
// what stands under its name and a lock are more than it needs, and where renameat2 does not work there is rename.
bool may_pass(const Fault& fault) {
  if (fault.code == EINTR || fault.code == kShort) return true;
  // The looks between are whether the .part is still its own.
  if (fault.call == "lstat") return fault.at == 3 || (fault.at == 0 && !fault.on);
  if (fault.call == "flock") return fault.code != EWOULDBLOCK;
  return fault.call == "renameat2" && (fault.code == EINVAL || fault.code == ENOSYS);
}

// One run with these faults: the file holds exactly the batches that were taken, under the name that fits.
void expect_whole_batches(const std::vector<Fault>& faults, const RttFileOptions& options) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  const std::size_t before = open_descriptors();
  Run run;
  {
    const FaultyCalls calls(faults);
    run = write_trace(path, options);
  }
  // A descriptor that cannot be looked at may be another's, and is not closed.
  EXPECT_LE(open_descriptors(), before + (faults[0].call == "fstat" ? 1 : 0));
  if (run.error.empty()) {
    EXPECT_TRUE(std::ranges::all_of(faults, may_pass));
    EXPECT_THAT(folder.names(), ElementsAre("trace.rtt"));
    EXPECT_EQ(rows_in(path), kBatches * static_cast<std::int64_t>(kRowsOfBatch));
    return;
  }
  EXPECT_THAT(run.error, HasSubstr(": expected "));
  const std::int64_t taken = std::min(run.whole, kBatches) * static_cast<std::int64_t>(kRowsOfBatch);
  if (std::filesystem::exists(path)) {  // its name was the last thing it got
    EXPECT_EQ(run.whole, kBatches);
    EXPECT_EQ(rows_in(path), taken);
  } else if (std::filesystem::exists(path + ".part") && std::filesystem::file_size(path + ".part") > 0) {
    EXPECT_EQ(rows_in(path + ".part"), taken);
  } else {
    EXPECT_EQ(taken, 0);
  }
}

TEST(WriteFaults, LeaveTheBatchesBeforeThemWhateverTheCallAndTheError) {
  for (const RttFileOptions& options :
       {RttFileOptions{.sync = true}, RttFileOptions{.compress = true, .replace = true}}) {
    std::map<std::string, int> made;
    {
      const TemporaryFolder folder;
      const FaultyCalls calls;
      ASSERT_EQ(write_trace(folder.path("trace.rtt"), options).error, "");
      for (const char* const call : kCalls) made[call] = calls.count(call);
    }
    ASSERT_GE(made["pwrite"], kBatches + 1);
    for (const auto& [call, count] : made) {
      for (int at = 0; at < count; ++at) {
        for (const int code : kCodes) {
          SCOPED_TRACE(call + " number " + std::to_string(at) + ": " + std::strerror(code));
          expect_whole_batches({{call, at, code}}, options);
          if (code != EINTR) expect_whole_batches({{call, at, code, true}}, options);  // else it tries for ever
        }
      }
    }
  }
}

// The disk fills in the midst of a chunk, and what is there of it may not even be taken away again.
TEST(WriteFaults, LeaveTheBatchesBeforeAChunkThatIsHalfThere) {
  for (int at = 0; at <= kBatches; ++at) {
    for (const int code : kCodes) {
      if (code == EINTR) continue;
      SCOPED_TRACE("pwrite number " + std::to_string(at) + ": " + std::strerror(code));
      expect_whole_batches({{"pwrite", at, kShort}, {"pwrite", at + 1, code}}, {});
      if (at > 0) {
        expect_whole_batches({{"pwrite", at, kShort}, {"pwrite", at + 1, code}, {"ftruncate", 0, code}}, {});
      }
    }
  }
}

TEST(WriteFaults, AreNoneWhereACallIsInterruptedOrShort) {
  for (const auto& [call, code] :
       {std::pair{"open", EINTR}, {"pwrite", EINTR}, {"pwrite", kShort}, {"fdatasync", EINTR}}) {
    for (int at = 0; at <= 3; ++at) {
      const TemporaryFolder folder;
      const FaultyCalls calls({{call, at, code}});
      EXPECT_EQ(write_trace(folder.path("trace.rtt"), {.sync = true}).error, "") << call << ' ' << at;
    }
  }
  // A signal at every second call, and no more than a byte at a time.
  const TemporaryFolder folder;
  {
    const FaultyCalls calls({{"pwrite", 0, kShort, true}});
    EXPECT_EQ(write_trace(folder.path("trace.rtt"), {}).error, "");
    EXPECT_GT(calls.count("pwrite"), 5 * kBatches);
  }
  EXPECT_EQ(rows_in(folder.path("trace.rtt")), kBatches * static_cast<std::int64_t>(kRowsOfBatch));
}

TEST(WriteFaults, AreToldWithSizePlaceAndTime) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  std::uintmax_t size = 0;
  {
    const Sink sink = rtt_file(path);
    ASSERT_TRUE(sink.append(batch(0)).ok());
    size = std::filesystem::file_size(path + ".part");
    const FaultyCalls calls({{"pwrite", 0, ENOSPC, true}});
    const Status failed = sink.append(batch(1));
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::kIo);
    EXPECT_THAT(
        failed.error().message,
        ::testing::MatchesRegex(path + ".part: expected to write [0-9]+ bytes at " + std::to_string(size) +
                                ", found: No space left on device, [0-9]+\\.[0-9]{3} s after it was created"));
  }
  EXPECT_EQ(std::filesystem::file_size(path + ".part"), size);
}

TEST(WriteFaults, AreToldWhereAnotherWriterTookTheFileAwayBeforeItWasLocked) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  const Sink other = rtt_file(path, {.replace = true});
  const Sink late = rtt_file(path, {.replace = true});
  FaultyCalls calls;
  calls.before("flock", [&] { EXPECT_TRUE(other.append(batch(0)).ok()); });
  const Status refused = late.append(batch(0));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr(".part: expected no other writer, found one"));
  EXPECT_TRUE(other.finish(Trace()).ok());
  EXPECT_EQ(rows_in(path), static_cast<std::int64_t>(kRowsOfBatch));
}

class WriteFaultsInSession : public SessionByHand {};

constexpr std::uint64_t kSpans = 60;

// What a session with these faults says when it stops, and what is left.
struct Stopped {
  std::string said;
  Trace rest;
  std::map<std::string, int> made;  // calls
};

// The law of the ledger across a failure: what was attempted is in the file, or folded with the cause.
TEST_F(WriteFaultsInSession, AreInTheLedgerSpanBySpanAndStopSaysWhy) {
  const auto run = [&](const std::string& path, const std::vector<Fault>& faults) {
    Stopped result;
    Session session(by_hand({.sink = rtt_file(path, {.sync = true}), .flush_interval = 0ms}));
    EXPECT_TRUE(session.start().ok());
    {
      const FaultyCalls calls(faults);
      Recorder recorder = session.recorder("w");
      for (std::uint64_t n = 0; n < kSpans; ++n) {
        recorder.step(n);
        span(recorder, "op " + std::to_string(n / kRowsOfBatch), 1us);
        if (n % 10 == 9) session.drain_once();
      }
      const Status stopped = session.stop();
      result.said = stopped.ok() ? "" : stopped.error().message;
      for (const char* const call : kCalls) result.made[call] = calls.count(call);
    }
    result.rest = session.take_trace();
    return result;
  };
  std::map<std::string, int> made;
  {
    const TemporaryFolder folder;
    const Stopped whole = run(folder.path("trace.rtt"), {});
    ASSERT_EQ(whole.said, "");
    made = whole.made;
  }
  std::vector<Fault> faults;
  for (const auto& [call, count] : made) {
    for (int at = 0; at < count; ++at) {
      for (const int code : kCodes) faults.push_back({call, at, code, code != EINTR});
    }
  }
  EXPECT_GT(faults.size(), 200U);
  for (std::size_t i = 0; i < faults.size(); i += testing::stride_for(faults.size())) {
    const Fault& fault = faults[i];
    SCOPED_TRACE(fault.call + " from number " + std::to_string(fault.at) + " on: " + std::strerror(fault.code));
    const TemporaryFolder folder;
    const std::string path = folder.path("trace.rtt");
    const auto [said, rest, calls] = run(path, {fault});
    EXPECT_TRUE(!said.empty() || may_pass(fault));
    const bool says_why = said.find(std::strerror(fault.code)) != std::string::npos;
    EXPECT_TRUE(says_why || fault.call != "pwrite" || fault.code == EINTR) << said;
    std::int64_t in_file = 0;
    for (const std::string& name : folder.names()) {  // one, or none
      if (std::filesystem::file_size(folder.path(name)) > 0) in_file += rows_in(folder.path(name));
    }
    ASSERT_GE(in_file, 0);
    EXPECT_EQ(static_cast<std::uint64_t>(in_file) + testing::lost(rest, LossCause::kSinkFailed), kSpans);
    EXPECT_EQ(testing::expect_accounts_add_up(rest, static_cast<std::uint64_t>(in_file)), kSpans);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
