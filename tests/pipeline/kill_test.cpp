// A program that dies at any moment, in any way, leaves a file that is right up to shortly before.
//
// A child process records with two threads into a file, and into memory that it shares with the test says how far it
// is. One of its threads ends the process at a random span. What the file must then hold: of each thread the first
// spans, one by one, each as it was recorded, and what was open. How much is missing at the end is a matter of time, so
// it is printed, not judged.
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

namespace ringtail {
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
  std::atomic<std::int64_t> killed_at{0};  // CLOCK_MONOTONIC, in nanoseconds
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

struct Death {
  const char* name;
  void (*die)();
};

constexpr Death kDeaths[] = {
    {"SIGKILL", [] { ::kill(::getpid(), SIGKILL); }},
    {"SIGSEGV", [] { std::raise(SIGSEGV); }},
    {"abort", [] { std::abort(); }},
    {"_exit", [] { ::_exit(0); }},
    {"terminate", [] { std::terminate(); }},
};

std::uint64_t payload(std::uint64_t thread, std::uint64_t step) {
  std::uint64_t x = (thread << 60U) + step + 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return (x ^ (x >> 31U)) >> 8U;  // bytes of that many are summed without saturating
}

std::string op_of(std::uint64_t step) { return "op " + std::to_string(step % 5); }

// Spans of one thread, within one that stays open, until it reaches `last`, where it dies.
void record(Session& session, Progress& progress, std::size_t thread, std::uint64_t last, const Death& death) {
  Recorder recorder = session.recorder("worker " + std::to_string(thread));
  const DeviceId device = recorder.device("gpu:" + std::to_string(thread));
  OpId ops[5];
  for (std::uint64_t i = 0; i < 5; ++i) ops[i] = recorder.op(op_of(i));
  const Scope epoch(recorder, "epoch", device);
  for (std::uint64_t step = 0;; ++step) {
    recorder.step(step);
    // Relaxed: read when the process is gone.
    progress.threads[thread].begun.store(step + 1, std::memory_order_relaxed);
    {
      Scope scope(recorder, ops[step % 5], device, {{step % 7, 3}}, {step % 7});
      scope.bytes(payload(thread, step));
      if (step == last) {
        progress.killed_at.store(std::chrono::steady_clock::now().time_since_epoch().count(),
                                 std::memory_order_relaxed);  // read when the process is gone
        death.die();
      }
    }
    progress.threads[thread].ended.store(step + 1, std::memory_order_relaxed);  // read when the process is gone
  }
}

int trace_and_die(const std::string& path, Progress& progress, std::uint64_t last, const Death& death) {
  static_cast<void>(std::freopen("/dev/null", "w", stderr));  // what std::terminate prints
  SessionOptions options;
  options.sink = rtt_file(path);
  options.max_block = 1h;  // nothing is folded, so every missing span is one that the file misses
  Session session(options);
  if (!session.start().ok()) return 1;
  std::thread other([&] { record(session, progress, 1, UINT64_MAX, death); });
  record(session, progress, 0, last, death);
  return 1;
}

// What a death left.
struct Remains {
  std::uint64_t spans = 0;
  std::uint64_t missing = 0;      // ended, and not in the file
  std::optional<double> late_ms;  // from the end of the newest span in the file to the death
};

// Every span of a thread is as it was recorded, none is missing before another, and the outer one is known as open.
Remains expect_first_spans(const Trace& trace, const Progress& progress) {
  Remains remains;
  remains.spans = trace.size();
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
    EXPECT_TRUE(right) << "row " << row << ": " << name << ", step " << span.step() << ", " << span.operation();
    if (!right) return remains;
    const auto duration = static_cast<std::int64_t>(span.duration_us() * 1e3);
    newest = std::max(newest, span.begin()->count() + duration);
  }
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    // Relaxed: its writer is gone.
    EXPECT_LE(next[thread], progress.threads[thread].begun.load(std::memory_order_relaxed));
    const std::uint64_t ended = progress.threads[thread].ended.load(std::memory_order_relaxed);
    remains.missing += ended > next[thread] ? ended - next[thread] : 0;
    const auto is_epoch = [&](const OpenSpan& span) {
      return trace.operation(span.op) == "epoch" && trace.device(span.device) == "gpu:" + std::to_string(thread);
    };
    const auto open = std::ranges::count_if(trace.open_spans, is_epoch);
    EXPECT_TRUE(open == 1 || (open == 0 && next[thread] == 0)) << "thread " << thread;
  }
  if (trace.origin && !trace.empty()) {
    const std::int64_t killed = progress.killed_at.load(std::memory_order_relaxed);  // as above
    remains.late_ms = static_cast<double>(killed - trace.origin->monotonic.count() - newest) / 1e6;
  }
  return remains;
}

void print_distribution(const char* what, std::vector<double> values) {
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  std::printf("%s: median %.1f, p90 %.1f, p99 %.1f, largest %.1f\n", what, at(0.5), at(0.9), at(0.99), at(1.0));
}

TEST(Kill, LeavesAFileThatIsRightUpToShortlyBefore) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<double> late;
  std::vector<double> missing;
  const long deaths = testing::scaled(40, 1'000);
  long without_a_file = 0;
  std::uint64_t halves = 0;
  for (long i = 0; i < deaths; ++i) {
    const Death& death = kDeaths[static_cast<std::size_t>(i) % std::size(kDeaths)];
    const std::uint64_t last = random() % 400'000;
    SCOPED_TRACE(std::string(death.name) + " at span " + std::to_string(last));
    const TemporaryFolder folder;
    const SharedProgress progress;
    testing::status_of_child([&] { return trace_and_die(folder.path("trace.rtt"), *progress, last, death); });
    ASSERT_GT(progress->killed_at.load(std::memory_order_relaxed), 0);  // its writer is gone
    if (folder.names().empty()) {                                       // it died before the first batch
      ++without_a_file;
      continue;
    }
    const Result<RttSalvage> salvage = recover_rtt_file(folder.path("trace.rtt.part"));
    ASSERT_TRUE(salvage.ok()) << salvage.error().message;
    EXPECT_FALSE(salvage.value().finished);
    EXPECT_LE(salvage.value().chunks_damaged, 1U);  // the last one, if it died while that was written
    EXPECT_EQ(salvage.value().chunks_missing, 0U);
    halves += salvage.value().bytes_skipped != 0 ? 1 : 0;
    const Remains remains = expect_first_spans(salvage.value().trace, *progress);
    if (remains.late_ms) late.push_back(*remains.late_ms);
    missing.push_back(static_cast<double>(remains.missing));
    if (HasFailure()) return;
  }
  ASSERT_FALSE(late.empty());
  std::printf("%ld deaths, %ld before the first batch, %llu in the midst of a chunk\n", deaths, without_a_file,
              static_cast<unsigned long long>(halves));
  print_distribution("newest span's end before the death, ms", late);
  print_distribution("spans that ended and are missing", missing);
}

}  // namespace
}  // namespace ringtail
