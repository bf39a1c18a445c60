// Spans that go to a file as they come, as trace/sink.h says.
#include <gtest/gtest.h>

#include <sstream>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/format/json.h"
#include "ringtail/format/rtt.h"
#include "ringtail/format/rtt_file.h"
#include "ringtail/record/scope.h"
#include "tests/support/temporary_folder.h"

namespace ringtail::inline v1 {
namespace {

constexpr int kThreads = 3;
constexpr std::uint64_t kSpans = 20'000;

// Records in three threads; what take_trace() gives.
Trace record_into(Sink sink) {
  SessionOptions options;
  options.max_block = std::chrono::seconds{10};
  options.flush_interval = std::chrono::milliseconds{0};  // a batch each time that somebody drains
  options.sink = std::move(sink);
  Session session(options);
  EXPECT_TRUE(session.start().ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&session, i] {
      Recorder recorder = session.recorder("worker " + std::to_string(i));
      const DeviceId device = recorder.device("gpu:" + std::to_string(i));
      for (std::uint64_t n = 0; n < kSpans; ++n) {
        recorder.step(n);
        const Scope scope(recorder, "op", device, {{n % 7, 3}}, {n % 7}, 4);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Status stopped = session.stop();
  EXPECT_TRUE(stopped.ok()) << stopped.error().message;
  return session.take_trace();
}

void expect_whole_trace(const Result<Trace>& read, const Trace& end) {
  EXPECT_TRUE(end.empty());
  ASSERT_TRUE(read.ok()) << read.error().message;
  const Trace& trace = read.value();
  ASSERT_EQ(trace.size(), kThreads * kSpans);
  ASSERT_EQ(trace.threads.size(), static_cast<std::size_t>(kThreads));
  std::vector<std::uint64_t> next(kThreads, 0);
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const EntryView entry = trace[row];
    ASSERT_EQ(entry.step(), next[index_of(entry.thread())]++) << "row " << row;
    ASSERT_EQ(entry.output_elements(), entry.step() % 7);
  }
  for (const TraceThread& thread : trace.threads) EXPECT_EQ(thread.recorded, kSpans);
  EXPECT_EQ(trace.cost, end.cost);
}

TEST(FileSink, LeavesAFileThatReadsAsTheWholeTrace) {
  std::ostringstream file;
  JsonTraceWriter writer(file);
  std::size_t batches = 0;
  const Trace end = record_into(Sink(
      [&](const Trace& batch) {
        ++batches;
        return writer.append(batch);
      },
      [&](const Trace& rest) { return writer.finish(rest); }));
  EXPECT_GT(batches, 1U);
  expect_whole_trace(read_json(file.str()), end);
}

TEST(FileSink, LeavesANativeFileThatReadsAsTheWholeTrace) {
  const TemporaryFolder folder;
  const Trace end = record_into(rtt_file(folder.path("trace.rtt"), {.compress = true}));
  expect_whole_trace(read_rtt_file(folder.path("trace.rtt")), end);
}

}  // namespace
}  // namespace ringtail::inline v1
