// The canonical reader against the general one: what it accepts means the same, what it leaves gets the same message.
#include "format/canonical_reader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "format/json_reader.h"
#include "ringtail/format/json.h"
#include "tests/support/golden_traces.h"
#include "tests/support/hostile_trace.h"
#include "tests/support/random_trace.h"
#include "tests/support/same_numbering.h"
#include "tests/support/scale.h"
#include "tests/support/shared_files.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

Result<Trace> read_generally(const std::string& text) {
  std::istringstream in(text);
  return read_json_in_blocks(in, std::size_t{64} * 1024);
}

// Read by the canonical reader, cut into up to so many parts, and not otherwise than by the general one.
void expect_read(const std::string& text, std::size_t parts, std::size_t block_bytes = std::size_t{64} * 1024) {
  const std::optional<Trace> trace = read_canonical(JsonSource(text), {.parts = parts, .block_bytes = block_bytes});
  ASSERT_TRUE(trace.has_value()) << text;
  const Result<Trace> expected = read_generally(text);
  ASSERT_TRUE(expected.ok()) << expected.error().message;
  ASSERT_TRUE(same_numbering(*trace, expected.value())) << text;
}

// Whatever the canonical reader makes of it, read_json gives what the general reader gives.
void expect_same_outcome(const std::string& text) {
  const Result<Trace> expected = read_generally(text);
  const Result<Trace> found = read_json(text);
  ASSERT_EQ(found.ok(), expected.ok()) << text;
  if (found.ok()) {
    ASSERT_TRUE(same_numbering(found.value(), expected.value())) << text;
  } else {
    ASSERT_EQ(found.error().message, expected.error().message) << text;
    ASSERT_EQ(found.error().code, expected.error().code) << text;
  }
  for (const std::size_t parts : {1U, 3U}) {
    const std::optional<Trace> trace = read_canonical(JsonSource(text), {.parts = parts, .block_bytes = 700});
    if (!trace) continue;
    ASSERT_TRUE(expected.ok()) << expected.error().message << "\n" << text;
    ASSERT_TRUE(same_numbering(*trace, expected.value())) << text;
  }
}

// Every key that an entry may have, escapes, UTF-8, and numbers at the ends of their ranges.
Trace small_trace() {
  Trace trace;
  TraceEntry entry = make_entry(UINT64_MAX, "op\xC3\xA9ration \"q\"\n")
                         .with_device("gpu:0")
                         .with_input_shapes({{2, 3}, {}, {UINT64_MAX}})
                         .with_output_shape({4, 5});
  entry.duration_us = 0.12100000000000001;
  entry.begin = -5ns;
  entry.thread = ThreadId{1};
  entry.depth = 65'535;
  entry.queue_delay = Nanoseconds::max();
  entry.lost_before = 3;
  entry.weight = 0xFFFF'FFFF;
  trace.add(entry);
  trace.add(make_entry(1, "a").with_output_shape({}, 2).with_duration(1500ns));
  entry = make_entry(2, "a").with_device("");
  entry.shapes_dropped = true;
  entry.memory_bytes = 9;
  trace.add(entry);
  trace.metadata["k"] = "v";
  trace.threads.resize(2);
  trace.losses.push_back({.thread = ThreadId{1}});
  return trace;
}

TEST(CanonicalReader, ReadsWhatIsWrittenHoweverItIsCut) {
  expect_read(to_json(small_trace()), 1);
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Trace trace = HostileTrace(seed).make();
    if (trace.empty()) continue;
    for (const std::size_t parts : {1U, 2U, 5U, 100U}) expect_read(to_json(trace), parts);
  }
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Trace trace = random_trace(seed, seed % 2 == 0);
    if (trace.empty()) continue;
    for (const std::size_t parts : {1U, 2U, 7U}) expect_read(to_json(trace), parts, 2000);
  }
}

TEST(CanonicalReader, ReadsTheReferencesTraces) {
  const auto traces = shared_files("golden", ".trace.json");
  if (traces.empty()) GTEST_SKIP() << kNoSharedFiles;
  for (const auto& path : traces) {
    SCOPED_TRACE(path);
    const std::string text = bytes_of(path);
    if (text.find("\"entries\": []") != std::string::npos) continue;
    expect_read(text, 1);
    expect_read(text, 3);
  }
}

TEST(CanonicalReader, LeavesTheRestOfATruncatedFileToTheGeneralReader) {
  const std::string text = to_json(small_trace());
  for (std::size_t size = 0; size < text.size(); ++size) expect_same_outcome(text.substr(0, size));
}

TEST(CanonicalReader, IsRightAboutEveryByteThatIsChanged) {
  const std::string text = to_json(small_trace());
  const std::size_t stride = testing::stride_for(text.size());
  std::size_t first = 0;
  for (const char byte :
       {' ', '0', '7', '9', '-', '.', 'e', ',', ']', '}', '{', '"', '\\', '\n', 'u', '\0', '\x80', '\xC3'}) {
    for (std::size_t at = first++ % stride; at < text.size(); at += stride) {
      std::string changed = text;
      changed[at] = byte;
      expect_same_outcome(changed);
    }
  }
}

TEST(CanonicalReader, IsRightAboutPiecesThatAreCutOutPutInOrMoved) {
  const std::string text = to_json(small_trace());
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    HostileTrace random(seed);
    std::string changed = text;
    const std::string piece = text.substr(random.below(text.size()), random.below(60));
    const std::size_t at = random.below(changed.size());
    switch (random.below(3)) {
      case 0: changed.erase(at, random.below(60)); break;
      case 1: changed.insert(at, piece); break;
      default: changed.replace(at, random.below(60), piece); break;
    }
    expect_same_outcome(changed);
  }
}

TEST(CanonicalReader, LeavesWhatIsValidAndLaidOutOtherwise) {
  const std::string text = to_json(small_trace());
  EXPECT_FALSE(read_canonical(JsonSource(" " + text)).has_value());
  EXPECT_FALSE(read_canonical(JsonSource(to_json(Trace{}))).has_value());
  EXPECT_FALSE(read_canonical(JsonSource(std::string_view())).has_value());
  const std::string with_return = std::string(text).replace(text.find('\n'), 1, "\r\n");
  EXPECT_FALSE(read_canonical(JsonSource(with_return)).has_value());
  expect_same_outcome(with_return);
}

TEST(CanonicalReader, LeavesAnEntryThatNoBlockHolds) {
  Trace trace;
  trace.add(make_entry(0, std::string(5000, 'x')));
  EXPECT_FALSE(read_canonical(JsonSource(to_json(trace)), {.parts = 1, .block_bytes = 4000}).has_value());
  expect_read(to_json(trace), 1, 6000);
}

TEST(CanonicalReader, SaysWhichThreadIsOutsideTheTable) {
  std::string text = to_json(small_trace());
  const std::string thread = "\"thread\": 1";
  text.replace(text.find(thread), thread.size(), "\"thread\": 2");
  const Result<Trace> trace = read_json(text);
  ASSERT_FALSE(trace.ok());
  EXPECT_TRUE(trace.error().message.ends_with("$.entries[0].thread: expected an index below 2, found 2"))
      << trace.error().message;
  expect_same_outcome(text);
}

TEST(CanonicalReader, ReadsFilesAsTexts) {
  const std::string path = ::testing::TempDir() + "/ringtail_canonical_reader_test.json";
  for (const std::string& text : {to_json(small_trace()), std::string(R"({"entries": [], "metadata": {},
 "total_duration_us": 3})"),
                                  std::string("{\"entries\": 1}")}) {
    std::ofstream(path, std::ios::binary) << text;
    const Result<Trace> found = read_json_file(path);
    const Result<Trace> expected = read_generally(text);
    ASSERT_EQ(found.ok(), expected.ok());
    if (found.ok()) {
      EXPECT_TRUE(same_numbering(found.value(), expected.value()));
    } else {
      EXPECT_EQ(found.error().message, expected.error().message);
    }
  }
  std::filesystem::remove(path);
}

TEST(CanonicalReader, SaysWhyAFileCannotBeRead) {
  const Result<Trace> missing = read_json_file("/no/such/file");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kIo);
  EXPECT_EQ(missing.error().message, "expected to open it, found: No such file or directory");
  const Result<Trace> folder = read_json_file("/");
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().message, "expected a file, found a directory");
}

}  // namespace
}  // namespace ringtail::inline v1
