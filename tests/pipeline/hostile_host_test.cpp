// A program that traces into a file and treats the process as its own: limits, full disks, closed descriptors, forks,
// seccomp. Each in a child process.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <chrono>
#include <filesystem>
#include <iostream>

#include "ringtail/collect/session.h"
#include "ringtail/format/rtt.h"
#include "ringtail/format/rtt_file.h"
#include "ringtail/record/scope.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using testing::code_of_child;
using ::testing::ElementsAre;

constexpr int kSkipped = 77;

Trace batch(int n) {
  const Nanoseconds begin = 10us * n;
  return TraceBuilder().thread("worker").span("op " + std::to_string(n), begin, begin + 1us).build();
}

bool says(const Status& status, const std::string& text) {
  if (!status.ok() && status.error().message.find(text) != std::string::npos) return true;
  std::cerr << "expected \"" << text << "\", found \"" << (status.ok() ? "no error" : status.error().message)
            << "\"\n";
  return false;
}

bool holds(bool truth, const char* what) {
  if (!truth) std::cerr << "does not hold: " << what << '\n';
  return truth;
}

// Spans into the file until the session's collector meets an error, or there are `most`; what stop() says.
Status record_until_error(const std::string& path, std::uint64_t most) {
  SessionOptions options;
  options.sink = rtt_file(path);
  options.max_block = 10s;
  options.flush_interval = 1ms;
  Session session(options);
  if (Status started = session.start(); !started.ok()) return started;
  Recorder recorder = session.recorder("worker");
  for (std::uint64_t n = 0; n < most; ++n) {
    recorder.step(n);
    const Scope scope(recorder, "op", kNoDevice, {{n}}, {n % 1'000}, 4);
    if (n % 1'024 == 0 && !session.sink_error().empty()) break;
  }
  return session.stop();
}

// Steps 0, 1, 2, ... of one thread.
void expect_steps_from_zero(const std::string& path, std::size_t least) {
  const Result<Trace> trace = read_rtt_file(path);
  ASSERT_TRUE(trace.ok()) << trace.error().message;
  EXPECT_GE(trace.value().size(), least);
  for (std::size_t row = 0; row < trace.value().size(); ++row) ASSERT_EQ(trace.value()[row].step(), row);
}

TEST(HostileHost, LimitsTheSizeOfFilesAndLives) {
  const TemporaryFolder folder;
  constexpr rlim_t kMost = 256 << 10;
  EXPECT_EQ(code_of_child([&] {
              std::signal(SIGXFSZ, SIG_DFL);
              const rlimit limit{kMost, kMost};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              const Status stopped = record_until_error(folder.path("trace.rtt"), 10'000'000);
              sigset_t pending;
              sigpending(&pending);
              return says(stopped, "File too large") && holds(sigismember(&pending, SIGXFSZ) == 0, "no signal waits")
                         ? 0
                         : 1;
            }),
            0);
  EXPECT_THAT(folder.names(), ElementsAre("trace.rtt.part"));
  EXPECT_LE(std::filesystem::file_size(folder.path("trace.rtt.part")), kMost);
  expect_steps_from_zero(folder.path("trace.rtt.part"), 1'000);
}

TEST(HostileHost, HasItsOwnSignalsWhileTheLimitIsMet) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of_child([&] {
              sigset_t theirs;
              sigemptyset(&theirs);
              sigaddset(&theirs, SIGXFSZ);
              pthread_sigmask(SIG_BLOCK, &theirs, nullptr);
              std::raise(SIGXFSZ);
              const rlimit limit{0, 0};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              const Status failed = rtt_file(folder.path("trace.rtt")).append(batch(1));
              sigset_t pending;
              sigpending(&pending);
              sigset_t blocked;
              pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
              return says(failed, "File too large") &&
                             holds(sigismember(&pending, SIGXFSZ) == 1, "what waited before still waits") &&
                             holds(sigismember(&blocked, SIGPIPE) == 0, "the mask is as it was")
                         ? 0
                         : 1;
            }),
            0);
}

TEST(HostileHost, FillsTheDisk) {
  const TemporaryFolder folder;
  const int code = code_of_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.path("").c_str(), "tmpfs", 0, "size=1m") != 0) {
      return kSkipped;
    }
    const std::string path = folder.path("trace.rtt");
    const Status stopped = record_until_error(path, 10'000'000);
    const Result<Trace> trace = read_rtt_file(path + ".part");
    if (!says(stopped, "No space left on device") || !holds(trace.ok(), "the file is read")) return 1;
    bool right = holds(trace.value().size() > 10'000, "most of a mebibyte is there");
    for (std::size_t row = 0; row < trace.value().size(); ++row) right = right && trace.value()[row].step() == row;
    return holds(right, "every span is the next") ? 0 : 1;
  });
  if (code == kSkipped) GTEST_SKIP() << "SKIPPED: no file system of 1 MiB can be mounted here";
  EXPECT_EQ(code, 0);
}

TEST(HostileHost, ClosesEveryDescriptorAndUsesTheNumberAgain) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  EXPECT_EQ(code_of_child([&] {
              const Sink sink = rtt_file(path);
              if (!holds(sink.append(batch(1)).ok(), "the first batch is taken")) return 1;
              for (int fd = 3; fd < 256; ++fd) ::close(fd);
              for (int i = 0; i < 8; ++i) {
                if (::open(folder.path("theirs").c_str(), O_RDWR | O_CREAT, 0600) == -1) return 1;
              }
              return says(sink.append(batch(2)), "Bad file descriptor") &&
                             holds(::fcntl(10, F_GETFD) != -1, "their descriptors stay open")
                         ? 0
                         : 1;
            }),
            0);
  EXPECT_EQ(content_of(folder.path("theirs")), "");
  const Result<Trace> trace = read_rtt_file(path + ".part");
  ASSERT_TRUE(trace.ok()) << trace.error().message;
  EXPECT_EQ(trace.value().size(), 1U);
}

TEST(HostileHost, ClosedItsStandardDescriptors) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of_child([&] {
              for (int fd = 0; fd < 3; ++fd) ::close(fd);
              const Sink sink = rtt_file(folder.path("trace.rtt"));
              if (!sink.append(batch(1)).ok()) return 1;
              for (int fd = 0; fd < 3; ++fd) {
                if (::fcntl(fd, F_GETFD) != -1) return 2;
              }
              return sink.finish(Trace()).ok() ? 0 : 3;
            }),
            0);
}

TEST(HostileHost, HasNoDescriptorLeft) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "SKIPPED: the undefined behaviour sanitizer looks at memory through a pipe, for which none is left";
#endif
  const TemporaryFolder folder;
  EXPECT_EQ(code_of_child([&] {
              const rlimit limit{3, 3};
              ::setrlimit(RLIMIT_NOFILE, &limit);
              return says(record_until_error(folder.path("trace.rtt"), 10'000'000), "Too many open files") ? 0 : 1;
            }),
            0);
}

// Answers EPERM to these calls from now on.
bool forbid(std::initializer_list<long> calls) {
  std::vector<sock_filter> filter{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const long call : calls) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(HostileHost, ForbidsSystemCalls) {
  const struct {
    const char* what;
    std::initializer_list<long> calls;
    const char* said;
  } kCases[] = {
      {"writing", {SYS_pwrite64}, "expected to write"},
      {"opening", {SYS_openat}, "expected to create it, found: Operation not permitted"},
      {"threads", {SYS_clone, SYS_clone3}, "collector thread: expected to start"},
      {"renaming", {SYS_renameat2, SYS_renameat}, "expected to name it"},
      {"looking", {SYS_newfstatat, SYS_fstat}, "expected to look at it"},
  };
  for (const auto& c : kCases) {
    const TemporaryFolder folder;
    const int code = code_of_child([&] {
      static_cast<void>(Clock::best());  // looks at the processor's cores in threads of its own, once
      if (!forbid(c.calls)) return kSkipped;
      return says(record_until_error(folder.path("trace.rtt"), 100'000), c.said) ? 0 : 1;
    });
    if (code == kSkipped) GTEST_SKIP() << "SKIPPED: no system call filter can be set here";
    EXPECT_EQ(code, 0) << c.what;
  }
}

TEST(HostileHost, ForksAndEachProcessHasItsOwnFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  const Sink sink = rtt_file(path);
  ASSERT_TRUE(sink.append(batch(1)).ok());
  const auto size = std::filesystem::file_size(path + ".part");
  const int code = code_of_child([&] {
    bool right = holds(sink.append(batch(2)).ok() && sink.finish(Trace()).ok(), "the child's first run");
    right = right && holds(sink.append(batch(3)).ok() && sink.finish(Trace()).ok(), "the child's second run");
    const std::string own = folder.path("trace." + std::to_string(::getpid()));
    const Result<Trace> first = read_rtt_file(own + ".rtt");
    const Result<Trace> second = read_rtt_file(own + ".2.rtt");
    right = right && holds(first.ok() && second.ok(), "both are read");
    return right && first.value()[0].operation() == "op 2" && second.value()[0].operation() == "op 3" ? 0 : 1;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(std::filesystem::file_size(path + ".part"), size);
  ASSERT_TRUE(sink.append(batch(4)).ok());
  ASSERT_TRUE(sink.finish(Trace()).ok());
  const Result<Trace> trace = read_rtt_file(path);
  ASSERT_TRUE(trace.ok()) << trace.error().message;
  ASSERT_EQ(trace.value().size(), 2U);
  EXPECT_EQ(trace.value()[1].operation(), "op 4");
  EXPECT_EQ(folder.names().size(), 3U);
}

TEST(HostileHost, ForksWhileASessionWritesAndTheChildsSessionHasItsOwnFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  SessionOptions options;
  options.sink = rtt_file(path);
  options.flush_interval = 1ms;
  Session session(options);
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("worker");
  constexpr std::uint64_t kForks = 20;
  for (std::uint64_t n = 0; n < kForks; ++n) {
    recorder.step(n);
    { const Scope scope(recorder, "parent"); }
    const int code = code_of_child([&] {
      if (n % 2 == 0) return 0;  // is gone without a word, and without a file
      if (const Status restarted = session.restart_in_child(); !restarted.ok()) return 1;
      Recorder own = session.recorder("child");
      { const Scope scope(own, "child"); }
      if (const Status stopped = session.stop(); !stopped.ok()) return 2;
      const Result<Trace> trace = read_rtt_file(folder.path("trace." + std::to_string(::getpid()) + ".rtt"));
      return trace.ok() && trace.value().size() == 1 && trace.value()[0].operation() == "child" ? 0 : 3;
    });
    EXPECT_EQ(code, 0);
  }
  ASSERT_TRUE(session.stop().ok());
  EXPECT_EQ(folder.names().size(), kForks / 2 + 1);
  expect_steps_from_zero(path, kForks);
}

}  // namespace
}  // namespace ringtail::inline v1
