#include "ringtail/format/rtt_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cmath>
#include <filesystem>

#include "ringtail/format/rtt.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Batch number n: two spans of it.
Trace batch(int n) {
  const Nanoseconds begin = 10us * n;
  return TraceBuilder()
      .thread("worker")
      .on("gpu:0")
      .span("first " + std::to_string(n), begin, begin + 1us)
      .span("second " + std::to_string(n), begin + 2us, begin + 5us)
      .build();
}

Trace batch_of_run(int n, Nanoseconds origin) {
  Trace trace = batch(n);
  trace.origin = Origin{.monotonic = origin, .realtime = 1h, .clock = "monotonic"};
  return trace;
}

std::vector<std::string> operations_in(const std::string& path) {
  const Result<Trace> trace = read_rtt_file(path);
  if (!trace.ok()) return {trace.error().message};
  std::vector<std::string> names;
  for (std::size_t row = 0; row < trace.value().size(); ++row) names.emplace_back(trace.value()[row].operation());
  return names;
}

std::string error_of(const Status& status) { return status.ok() ? "none" : status.error().message; }

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

TEST(RttFile, GrowsAsAPartAndHasItsNameWhenItIsWhole) {
  const TemporaryFolder folder;
  const Sink sink = rtt_file(folder.path("trace.rtt"));
  EXPECT_THAT(folder.names(), IsEmpty());
  ASSERT_EQ(error_of(sink.append(batch(1))), "none");
  EXPECT_THAT(folder.names(), ElementsAre("trace.rtt.part"));
  ASSERT_EQ(error_of(sink.append(batch(2))), "none");
  ASSERT_EQ(error_of(sink.finish(batch(2))), "none");
  EXPECT_THAT(folder.names(), ElementsAre("trace.rtt"));
  const Result<Trace> trace = read_rtt_file(folder.path("trace.rtt"));
  ASSERT_TRUE(trace.ok()) << trace.error().message;
  EXPECT_FALSE(trace.value().metadata.contains(kUnfinished));
  EXPECT_THAT(operations_in(folder.path("trace.rtt")), ElementsAre("first 1", "second 1", "first 2", "second 2"));
}

TEST(RttFile, IsReadableUpToEachBatchWhileItGrows) {
  const TemporaryFolder folder;
  const Sink sink = rtt_file(folder.path("trace.rtt"), {.compress = true});
  for (int n = 1; n <= 20; ++n) {
    ASSERT_EQ(error_of(sink.append(batch(n))), "none");
    const Result<Trace> trace = read_rtt_file(folder.path("trace.rtt.part"));
    ASSERT_TRUE(trace.ok()) << trace.error().message;
    ASSERT_EQ(trace.value().size(), static_cast<std::size_t>(2 * n));
    EXPECT_TRUE(trace.value().metadata.contains(kUnfinished));
  }
}

TEST(RttFile, IsThereForARunWithoutABatch) {
  const TemporaryFolder folder;
  const Sink sink = rtt_file(folder.path("trace.rtt"), {.sync = true});
  ASSERT_EQ(error_of(sink.finish(Trace())), "none");
  EXPECT_THAT(operations_in(folder.path("trace.rtt")), IsEmpty());
  EXPECT_THAT(folder.names(), ElementsAre("trace.rtt"));
}

TEST(RttFile, IsAnotherForEveryRun) {
  const TemporaryFolder folder;
  for (const std::string name : {"a.b.rtt", "plain"}) {
    const Sink sink = rtt_file(folder.path(name));
    for (int n = 1; n <= 3; ++n) {
      ASSERT_EQ(error_of(sink.append(batch(n))), "none");
      ASSERT_EQ(error_of(sink.finish(Trace())), "none");
    }
  }
  EXPECT_THAT(folder.names(), ElementsAre("a.b.2.rtt", "a.b.3.rtt", "a.b.rtt", "plain", "plain.2", "plain.3"));
  EXPECT_THAT(operations_in(folder.path("a.b.3.rtt")), ElementsAre("first 3", "second 3"));
}

TEST(RttFile, LeavesTheRunThatWasNeverFinishedAsItIs) {
  const TemporaryFolder folder;
  const Sink sink = rtt_file(folder.path("trace.rtt"));
  ASSERT_EQ(error_of(sink.append(batch_of_run(1, 1s))), "none");
  ASSERT_EQ(error_of(sink.append(batch_of_run(2, 1s))), "none");
  ASSERT_EQ(error_of(sink.append(batch_of_run(3, 2s))), "none");
  EXPECT_THAT(folder.names(), ElementsAre("trace.2.rtt.part", "trace.rtt.part"));
  EXPECT_THAT(operations_in(folder.path("trace.rtt.part")),
              ElementsAre("first 1", "second 1", "first 2", "second 2"));
  EXPECT_THAT(operations_in(folder.path("trace.2.rtt.part")), ElementsAre("first 3", "second 3"));
}

TEST(RttFile, IsForItsOwnerUnlessAskedOtherwiseAndTheUmaskNarrows) {
  const TemporaryFolder folder;
  const struct {
    const char* name;
    mode_t umask;
    RttFileOptions options;
    mode_t expected;
  } kCases[] = {
      {"a", 0, {}, 0600},
      {"b", 077, {}, 0600},
      {"c", 0, {.mode = 0644}, 0644},
      {"d", 022, {.mode = 0666}, 0644},
      {"e", 0, {.mode = 04777}, 0777},
  };
  for (const auto& c : kCases) {
    const mode_t before = ::umask(c.umask);
    const Sink sink = rtt_file(folder.path(c.name), c.options);
    EXPECT_EQ(error_of(sink.append(batch(1))), "none");
    EXPECT_EQ(mode_of(folder.path(c.name) + ".part"), c.expected) << c.name;
    EXPECT_EQ(error_of(sink.finish(Trace())), "none");
    ::umask(before);
    EXPECT_EQ(mode_of(folder.path(c.name)), c.expected) << c.name;
  }
}

TEST(RttFile, TouchesNothingThatIsNoRegularFileUnderEitherName) {
  const TemporaryFolder folder;
  const std::string target = folder.file("target", "old");
  for (const std::string ending : {"", ".part"}) {
    std::filesystem::create_directory(folder.path("directory" + ending));
    std::filesystem::create_symlink("target", folder.path("link" + ending));
    std::filesystem::create_symlink("nothing", folder.path("dangling" + ending));
    ASSERT_EQ(::mkfifo(folder.path("pipe" + ending).c_str(), 0600), 0);
    for (const bool replace : {false, true}) {
      for (const auto& [name, found] : {std::pair{"directory", "a directory"},
                                        {"link", "a symbolic link"},
                                        {"dangling", "a symbolic link"},
                                        {"pipe", "a pipe"}}) {
        const Sink sink = rtt_file(folder.path(name), {.replace = replace});
        EXPECT_EQ(error_of(sink.append(batch(1))),
                  folder.path(name) + ending + ": expected a new or a regular file, found " + found);
      }
    }
    for (const char* const name : {"directory", "link", "dangling", "pipe"}) {
      std::filesystem::remove(folder.path(name + ending));
    }
  }
  EXPECT_EQ(error_of(rtt_file("/dev/full", {.replace = true}).append(batch(1))),
            "/dev/full: expected a new or a regular file, found a device");
  EXPECT_EQ(content_of(target), "old");
  EXPECT_THAT(folder.names(), ElementsAre("target"));
}

TEST(RttFile, ReplacesAFileOnlyWhenAskedAndOnlyWhenWhole) {
  const TemporaryFolder folder;
  const std::string path = folder.file("trace.rtt", "old");
  EXPECT_EQ(error_of(rtt_file(path).append(batch(1))),
            path + ": expected a new file, found one that exists (RttFileOptions::replace)");
  EXPECT_THAT(folder.names(), ElementsAre("trace.rtt"));
  const Sink sink = rtt_file(path, {.replace = true});
  ASSERT_EQ(error_of(sink.append(batch(1))), "none");
  EXPECT_EQ(content_of(path), "old");
  ASSERT_EQ(error_of(sink.finish(Trace())), "none");
  EXPECT_THAT(operations_in(path), ElementsAre("first 1", "second 1"));
}

TEST(RttFile, ReplacesNothingButARegularFileThatAppearedWhileItGrew) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  for (const bool is_pipe : {false, true}) {
    const Sink sink = rtt_file(path, {.replace = true});
    ASSERT_EQ(error_of(sink.append(batch(1))), "none");
    if (is_pipe) {
      ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    } else {
      std::filesystem::create_symlink("nothing", path);
    }
    EXPECT_EQ(error_of(sink.finish(Trace())),
              path + ": expected a new or a regular file, found " + (is_pipe ? "a pipe" : "a symbolic link"));
    EXPECT_THAT(folder.names(), ElementsAre("trace.rtt", "trace.rtt.part"));
    EXPECT_THAT(operations_in(path + ".part"), ElementsAre("first 1", "second 1"));
    EXPECT_TRUE(std::filesystem::remove(path));
  }
}

TEST(RttFile, KeepsWhatAKilledProgramLeftUnlessAskedToReplaceIt) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  { ASSERT_EQ(error_of(rtt_file(path).append(batch(1))), "none"); }  // closed without an end, as by a kill
  EXPECT_EQ(error_of(rtt_file(path).append(batch(2))),
            path +
                ".part: expected a new file, found what another run left; ringtail recover reads it "
                "(RttFileOptions::replace)");
  EXPECT_THAT(operations_in(path + ".part"), ElementsAre("first 1", "second 1"));
  const Sink sink = rtt_file(path, {.replace = true});
  ASSERT_EQ(error_of(sink.append(batch(3))), "none");
  EXPECT_THAT(operations_in(path + ".part"), ElementsAre("first 3", "second 3"));
}

TEST(RttFile, LeavesAloneWhatAnotherWriterStillWrites) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  const Sink first = rtt_file(path);
  ASSERT_EQ(error_of(first.append(batch(1))), "none");
  for (const bool replace : {false, true}) {
    EXPECT_EQ(error_of(rtt_file(path, {.replace = replace}).append(batch(2))),
              path + ".part: expected no other writer, found one");
  }
  ASSERT_EQ(error_of(first.append(batch(3))), "none");
  ASSERT_EQ(error_of(first.finish(Trace())), "none");
  EXPECT_THAT(operations_in(path), ElementsAre("first 1", "second 1", "first 3", "second 3"));
}

TEST(RttFile, KeepsItsPartNameWhenTheOtherWasTakenMeanwhile) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  const Sink sink = rtt_file(path);
  ASSERT_EQ(error_of(sink.append(batch(1))), "none");
  static_cast<void>(folder.file("trace.rtt", "other"));
  EXPECT_THAT(error_of(sink.finish(Trace())),
              StartsWith(path + ".part: expected to name it " + path + ", found: File exists, "));
  EXPECT_EQ(content_of(path), "other");
  EXPECT_THAT(operations_in(path + ".part"), ElementsAre("first 1", "second 1"));
}

TEST(RttFile, DoesNotNameAFileThatIsNotItsOwn) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  const Sink sink = rtt_file(path);
  ASSERT_EQ(error_of(sink.append(batch(1))), "none");
  std::filesystem::remove(path + ".part");
  static_cast<void>(folder.file("trace.rtt.part", "other"));
  EXPECT_EQ(error_of(sink.finish(Trace())),
            path + ".part: expected the file that was written, found another, or none");
  EXPECT_EQ(content_of(path + ".part"), "other");
}

TEST(RttFile, IsWhereTheWorkingDirectoryWasWhenItWasNamed) {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path(""));
  const Sink sink = rtt_file("trace.rtt");
  std::filesystem::current_path(before);
  ASSERT_EQ(error_of(sink.append(batch(1))), "none");
  ASSERT_EQ(error_of(sink.finish(Trace())), "none");
  EXPECT_THAT(folder.names(), ElementsAre("trace.rtt"));
}

TEST(RttFile, EndsBehindTheLastBatchThatItsFormatCouldHold) {
  const TemporaryFolder folder;
  const std::string path = folder.path("trace.rtt");
  const Sink sink = rtt_file(path);
  ASSERT_EQ(error_of(sink.append(batch(1))), "none");
  Trace refused = batch(2);
  refused.append({.duration_us = std::nan("")});
  EXPECT_FALSE(sink.append(refused).ok());
  EXPECT_THAT(operations_in(path + ".part"), ElementsAre("first 1", "second 1"));
}

TEST(RttFile, LeavesNoFileOfARunThatFailedBeforeItsFirstBatchWasWhole) {
  const TemporaryFolder folder;
  const Sink sink = rtt_file(folder.path("trace.rtt"));
  Trace refused = batch(2);
  refused.append({.duration_us = std::nan("")});
  EXPECT_FALSE(sink.append(refused).ok());
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(RttFile, SaysThatItsFolderIsMissing) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of(rtt_file(folder.path("none/trace.rtt")).append(batch(1))),
            folder.path("none/trace.rtt.part") + ": expected to create it, found: No such file or directory");
}

}  // namespace
}  // namespace ringtail::inline v1
