// Spans that go to a file as they come, as trace/sink.h says.
#include <gtest/gtest.h>

#include <sstream>
#include <thread>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/format/json.h"
#include "ringtail/record/scope.h"

namespace ringtail {
namespace {

TEST(FileSink, LeavesAFileThatReadsAsTheWholeTrace) {
  constexpr int kThreads = 3;
  constexpr std::uint64_t kSpans = 20'000;
  std::ostringstream file;
  JsonTraceWriter writer(file);
  SessionOptions options;
  options.max_block = std::chrono::seconds{10};
  options.flush_interval = std::chrono::milliseconds{1};
  std::size_t batches = 0;
  options.sink = Sink(
      [&](const Trace& batch) {
        ++batches;
        return writer.append(batch);
      },
      [&](const Trace& end) { return writer.finish(end); });
  Session session(options);
  ASSERT_TRUE(session.start().ok());
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
  ASSERT_TRUE(session.stop().ok());
  const Trace end = session.take_trace();
  EXPECT_GT(batches, 1U);
  EXPECT_TRUE(end.empty());

  const Result<Trace> read = read_json(file.str());
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

}  // namespace
}  // namespace ringtail
