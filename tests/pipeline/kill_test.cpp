// A program that dies at any moment, in any way, leaves a file that is right up to shortly before.
//
// A child process records with two threads into a file, and into memory that it shares with the test says how far it
// is. The test kills it after a random time, or one of its threads ends it at a random span. What the file must then
// hold: every batch that was written, of each thread the first spans, one by one, each as it was recorded, and what
// was open. How much is missing at the end is a matter of time, which is printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <random>
#include <thread>

#include "ringtail/collect/session.h"
#include "ringtail/format/rtt.h"
#include "ringtail/format/rtt_file.h"
#include "ringtail/record/scope.h"
#include "tests/support/child_process.h"
#include "tests/support/scale.h"
#include "tests/support/temporary_folder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kThreads = 2;

// What the processes share. Every counter has one writer.
struct Progress {
  struct alignas(64) Thread {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
  };
  Thread threads[kThreads];
  std::atomic<std::uint64_t> written{0};  // spans, in batches that the file has taken
  std::atomic<std::int64_t> died_at{0};   // CLOCK_MONOTONIC, in nanoseconds; 0: not yet
};

class SharedProgress {
 public:
  SharedProgress()
      : page_(::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
        progress_(new (page_) Progress) {}
  ~SharedProgress() { ::munmap(page_, sizeof(Progress)); }
  SharedProgress(const SharedProgress&) = delete;
  SharedProgress& operator=(const SharedProgress&) = delete;
  Progress* operator->() const { return progress_; }
  Progress& operator*() const { return *progress_; }

 private:
  void* page_;
  Progress* progress_;
};

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

// How a process dies by itself.
struct Death {
  const char* name;
  void (*die)();
};

constexpr Death kDeaths[] = {
    {"SIGSEGV", [] { std::raise(SIGSEGV); }},
    {"abort", [] { std::abort(); }},
    {"_exit", [] { ::_exit(0); }},
    {"terminate", [] { std::terminate(); }},
};

// What a child does.
struct Life {
  std::uint64_t last = UINT64_MAX;         // span in which the first thread dies
  const Death* death = nullptr;            // of it
  std::chrono::nanoseconds between = 0ns;  // spans of a thread; 0: as many as there can be
};

std::uint64_t payload(std::uint64_t thread, std::uint64_t step) {
  std::uint64_t x = (thread << 60U) + step + 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return (x ^ (x >> 31U)) >> 8U;  // bytes of that many are summed without saturating
}

std::string op_of(std::uint64_t step) { return "op " + std::to_string(step % 5); }

// Spans of one thread, within one that stays open.
void record(Session& session, Progress& progress, std::size_t thread, const Life& life) {
  Recorder recorder = session.recorder("worker " + std::to_string(thread));
  const DeviceId device = recorder.device("gpu:" + std::to_string(thread));
  OpId ops[5];
  for (std::uint64_t i = 0; i < 5; ++i) ops[i] = recorder.op(op_of(i));
  const Scope epoch(recorder, "epoch", device);
  for (std::uint64_t step = 0;; ++step) {
    recorder.step(step);
    // Relaxed, all: read when the process is gone.
    progress.threads[thread].begun.store(step + 1, std::memory_order_relaxed);
    {
      Scope scope(recorder, ops[step % 5], device, {{step % 7, 3}}, {step % 7});
      scope.bytes(payload(thread, step));
      if (thread == 0 && step == life.last) {
        progress.died_at.store(now_ns(), std::memory_order_relaxed);
        life.death->die();
      }
    }
    progress.threads[thread].ended.store(step + 1, std::memory_order_relaxed);
    if (life.between == 0ns) continue;
    const std::int64_t next = now_ns() + life.between.count();
    while (now_ns() < next) {
    }
  }
}

int trace_and_die(const std::string& path, Progress& progress, const Life& life) {
  static_cast<void>(std::freopen("/dev/null", "w", stderr));  // what std::terminate prints
  const Sink file = rtt_file(path);
  SessionOptions options;
  options.sink = [&](const Trace& batch) {
    Status written = file.append(batch);
    progress.written.fetch_add(batch.size(), std::memory_order_relaxed);  // read when the process is gone
    return written;
  };
  options.max_block = 1h;  // nothing is folded, so every missing span is one that the file misses
  Session session(options);
  if (!session.start().ok()) return 1;
  std::thread other([&] { record(session, progress, 1, life); });
  record(session, progress, 0, life);
  return 1;
}

// What deaths left, one value each.
struct Remains {
  std::vector<double> late_ms;  // from the end of the newest span in the file to the death
  std::vector<double> missing;  // spans that ended and are not in the file
  long without_file = 0;        // died before the first batch was in it
  long in_a_chunk = 0;          // or in the midst of one
};

// Every span of a thread is as it was recorded, none is missing before another, and the outer one is known as open.
void expect_first_spans(const Trace& trace, const Progress& progress, Remains& remains) {
  std::vector<std::uint64_t> next(kThreads, 0);
  std::int64_t newest = 0;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const EntryView span = trace[row];
    const std::string& name = trace.threads.at(index_of(span.thread())).name;
    const std::size_t thread = static_cast<std::size_t>(name.back() - '0');
    const std::uint64_t step = next.at(thread)++;
    const bool right = name == "worker " + std::to_string(thread) && span.step() == step &&
                       span.operation() == op_of(step) && span.device() == "gpu:" + std::to_string(thread) &&
                       span.memory_bytes() == payload(thread, step) && span.output_elements() == step % 7 &&
                       span.depth() == 1 && span.lost_before() == 0;
    ASSERT_TRUE(right) << "row " << row << ": " << name << ", step " << span.step() << ", " << span.operation();
    const auto duration = static_cast<std::int64_t>(span.duration_us() * 1e3);
    newest = std::max(newest, span.begin()->count() + duration);
  }
  std::uint64_t missing = 0;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    // Relaxed: its writer is gone.
    EXPECT_LE(next[thread], progress.threads[thread].begun.load(std::memory_order_relaxed));
    const std::uint64_t ended = progress.threads[thread].ended.load(std::memory_order_relaxed);
    missing += ended > next[thread] ? ended - next[thread] : 0;
    const auto is_epoch = [&](const OpenSpan& span) {
      return trace.operation(span.op) == "epoch" && trace.device(span.device) == "gpu:" + std::to_string(thread);
    };
    const auto open = std::ranges::count_if(trace.open_spans, is_epoch);
    EXPECT_TRUE(open == 1 || (open == 0 && next[thread] == 0)) << "thread " << thread;
  }
  remains.missing.push_back(static_cast<double>(missing));
  if (!trace.origin || trace.empty()) return;
  const std::int64_t died = progress.died_at.load(std::memory_order_relaxed);  // as above
  remains.late_ms.push_back(static_cast<double>(died - trace.origin->monotonic.count() - newest) / 1e6);
}

// Of a process that is gone. Relaxed, all: as above.
void expect_file_of(const TemporaryFolder& folder, const Progress& progress, Remains& remains) {
  ASSERT_GT(progress.died_at.load(std::memory_order_relaxed), 0);
  const std::uint64_t written = progress.written.load(std::memory_order_relaxed);
  const Result<RttSalvage> salvage = recover_rtt_file(folder.path("trace.rtt.part"));
  if (!salvage.ok() && written == 0) {
    ++remains.without_file;
    return;
  }
  ASSERT_TRUE(salvage.ok()) << salvage.error().message;
  const RttSalvage& found = salvage.value();
  EXPECT_FALSE(found.finished);
  EXPECT_LE(found.chunks_damaged, 1U);  // the last one, if it died while that was written
  EXPECT_EQ(found.chunks_missing, 0U);
  EXPECT_GE(found.trace.size(), written);
  remains.in_a_chunk += found.bytes_skipped != 0 ? 1 : 0;
  expect_first_spans(found.trace, progress, remains);
}

// The value below which this share of them lies.
double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

void print(const Remains& remains) {
  const auto print_values = [](const char* what, const std::vector<double>& values) {
    if (values.empty()) return;
    std::printf("%s: median %.1f, p90 %.1f, p99 %.1f, largest %.1f\n", what, quantile(values, 0.5),
                quantile(values, 0.9), quantile(values, 0.99), quantile(values, 1.0));
  };
  std::printf("%zu files right, %ld deaths before the first batch was in, %ld in the midst of a chunk\n",
              remains.missing.size(), remains.without_file, remains.in_a_chunk);
  print_values("newest span's end before the death, ms", remains.late_ms);
  print_values("spans that ended and are missing", remains.missing);
  const auto within = std::ranges::count_if(remains.late_ms, [](double ms) { return ms <= 100.0; });
  std::printf("at most 100 ms: %td of %zu\n", within, remains.late_ms.size());
}

TEST(Kill, AtAnyMomentLeavesAFileThatIsRightUpToShortlyBefore) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Remains remains;
  const long kills = testing::scaled(30, 1'000);
  for (long i = 0; std::ssize(remains.missing) < kills; ++i) {
    // Every other one as fast as it goes; one in three must have a file.
    const bool has_file = i % 3 == 1;
    const Life life{.between = i % 2 == 0 ? 0us : 10us};
    const auto delay = std::chrono::microseconds(random() % 250'000);
    SCOPED_TRACE("kill " + std::to_string(i) + " after us: " + std::to_string(delay.count()));
    const TemporaryFolder folder;
    const SharedProgress progress;
    const pid_t child =
        testing::start_child([&] { return trace_and_die(folder.path("trace.rtt"), *progress, life); });
    // Relaxed: a batch is in the file by then, whatever else is seen. Without one, the child ends itself.
    while (has_file && progress->written.load(std::memory_order_relaxed) == 0) {
      ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "no batch was written";
      std::this_thread::sleep_for(1ms);
    }
    std::this_thread::sleep_for(delay);
    progress->died_at.store(now_ns(), std::memory_order_relaxed);  // own
    ::kill(child, SIGKILL);
    ASSERT_EQ(WTERMSIG(testing::status_of(child)), SIGKILL);
    expect_file_of(folder, *progress, remains);
    if (HasFailure()) return;
  }
  EXPECT_FALSE(remains.late_ms.empty());  // one of them at least has recorded something
  print(remains);
}

TEST(Kill, ByItselfLeavesAFileThatIsRightUpToShortlyBefore) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Remains remains;
  const long deaths = testing::scaled(20, 200);
  for (long i = 0; i < deaths; ++i) {
    const Life life{.last = random() % 400'000, .death = &kDeaths[static_cast<std::size_t>(i) % std::size(kDeaths)]};
    SCOPED_TRACE(std::string(life.death->name) + " at span " + std::to_string(life.last));
    const TemporaryFolder folder;
    const SharedProgress progress;
    testing::status_of(
        testing::start_child([&] { return trace_and_die(folder.path("trace.rtt"), *progress, life); }));
    expect_file_of(folder, *progress, remains);
    if (HasFailure()) return;
  }
  print(remains);
}

}  // namespace
}  // namespace ringtail::inline v1
