#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "format/json_reader.h"
#include "ringtail/format/json.h"
#include "tests/support/hostile_trace.h"
#include "tests/support/shared_files.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kBlockSizes[] = {1, 2, 3, 7, 64 * 1024};

struct Malformed {
  std::string file;
  std::string message;
};

std::filesystem::path malformed_folder() { return std::filesystem::path(RINGTAIL_TEST_DATA_DIR) / "malformed"; }

// EXPECTED.txt: a file, a tab, its message, per line.
std::vector<Malformed> malformed_files() {
  std::vector<Malformed> files;
  std::istringstream table(bytes_of(malformed_folder() / "EXPECTED.txt"));
  for (std::string line; std::getline(table, line);) {
    const std::size_t tab = line.find('\t');
    files.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  return files;
}

// "ok: " and the trace written again, or the error's message.
std::string outcome(const std::string& text, std::size_t block_bytes) {
  std::istringstream in(text);
  const Result<Trace> trace = read_json_in_blocks(in, block_bytes);
  return trace.ok() ? "ok: " + to_json(trace.value()) : trace.error().message;
}

void expect_same_for_all_blocks(const std::string& text) {
  const std::string whole = outcome(text, kBlockSizes[4]);
  for (const std::size_t block_bytes : kBlockSizes) {
    ASSERT_EQ(outcome(text, block_bytes), whole) << "in blocks of " << block_bytes << ":\n" << text;
  }
}

// Small, and with every kind of token: escapes, UTF-8 of each length, all literals, ignored values, all
// extras.
std::string small_valid_file() {
  return R"({"entries": [{"step": 0, "operation": "m\u00e9\ud83d\ude00\n", "device_id": "gpu:0", "note": [null, true, {"a": -1.5e+3}],
 "input_shapes": [[2, 3], []], "output_shape": [18446744073709551615], "duration_us": 1.25e-7, "output_elements": 8,
 "memory_bytes": 64, "begin_ns": -5, "thread": 0, "depth": 1, "queue_delay_ns": 7},
{"step": 1, "operation": "é€😀", "device_id": null, "input_shapes": [], "output_shape": [], "duration_us": -0.0,
 "output_elements": 0, "memory_bytes": 0, "shapes_dropped": true, "unknown": false}], "total_duration_us": 15,
"metadata": {"k\\": "\"v\"", "": ""}, "ringtail": {"version": 1, "threads": [{"name": "main", "os_id": -1, "attempted": 1,
"recorded": 1, "folded": 0, "shapes_dropped": 0, "clock_steps": 0}], "losses": [{"thread": 0, "device_id": null,
"cause": "no ring", "count": 1, "first_ns": 0, "last_ns": 9}], "origin": {"monotonic_ns": 1, "realtime_ns": 2, "clock": "manual"}}})";
}

TEST(JsonMalformed, SaysWhereAndWhatIsWrongWithEachFile) {
  const std::vector<Malformed> files = malformed_files();
  EXPECT_GE(files.size(), 200U);
  for (const Malformed& file : files) {
    const Result<Trace> trace = read_json(bytes_of(malformed_folder() / file.file));
    ASSERT_FALSE(trace.ok()) << file.file;
    EXPECT_EQ(trace.error().message, file.message) << file.file;
    EXPECT_EQ(trace.error().code, file.file == "version_2.json" ? ErrorCode::kUnsupported : ErrorCode::kMalformed)
        << file.file;
  }
}

TEST(JsonMalformed, HasAMessageForEveryFileAndAFileForEveryMessage) {
  std::set<std::string> listed;
  for (const Malformed& file : malformed_files()) listed.insert(file.file);
  std::set<std::string> present;
  for (const auto& file : std::filesystem::directory_iterator(malformed_folder())) {
    if (file.path().extension() == ".json") present.insert(file.path().filename().string());
  }
  EXPECT_EQ(listed, present);
}

TEST(JsonMalformed, SaysTheSameHoweverTheFileIsCutIntoBlocks) {
  for (const Malformed& file : malformed_files()) {
    SCOPED_TRACE(file.file);
    expect_same_for_all_blocks(bytes_of(malformed_folder() / file.file));
  }
}

TEST(JsonMalformed, RefusesEveryProperPrefixOfAFile) {
  const std::string file = small_valid_file();
  ASSERT_EQ(outcome(file, 1).substr(0, 4), "ok: ") << outcome(file, 1);
  for (std::size_t bytes = 0; bytes < file.size(); ++bytes) {
    const std::string prefix = file.substr(0, bytes);
    const std::string found = outcome(prefix, 64 * 1024);
    ASSERT_EQ(found.substr(0, found.find(':')), "byte " + std::to_string(bytes)) << found;
    ASSERT_TRUE(found.ends_with("expected more, found the end of the file")) << found;
    ASSERT_EQ(outcome(prefix, 1), found);
  }
}

// Bytes changed, left out and put in at random: never a crash, one printable line, the same for all blocks.
TEST(JsonMalformed, SurvivesRandomDamage) {
  const std::string file = small_valid_file();
  const std::string_view pieces[] = {"\"",       "\\",
                                     "{",        "}",
                                     "[",        "]",
                                     ",",        ":",
                                     "-",        "0",
                                     "1e999",    ".",
                                     "e",        "null",
                                     "tru",      "\xC3",
                                     "\xE2\x82", "\xFF",
                                     "\\u12",    "\\ud83d",
                                     "\\ude00",  " ",
                                     "\n",       "a",
                                     "/",        "9999999999999999999999"};
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    HostileTrace random(seed);
    std::string damaged = file;
    for (std::uint64_t i = 1 + random.below(3); i > 0; --i) {
      const std::size_t at = random.below(damaged.size());
      const std::string_view piece = pieces[random.below(std::size(pieces))];
      switch (random.below(3)) {
        case 0: damaged.erase(at, 1 + random.below(4)); break;
        case 1: damaged.insert(at, piece); break;
        default: damaged.replace(at, 1, piece); break;
      }
    }
    expect_same_for_all_blocks(damaged);
    const std::string found = outcome(damaged, 64 * 1024);
    if (found.starts_with("ok: ")) continue;
    ASSERT_TRUE(std::ranges::all_of(found, [](char c) { return c >= 0x20 && c < 0x7F; })) << found;
  }
}

TEST(JsonMalformed, RefusesNumbersTooLongForTheParserAlsoWhereTheyAreIgnored) {
  const std::string digits(70'000, '0');
  for (const std::string key : {"total_duration_us", "ignored"}) {
    const std::string text = "{\"" + key + "\": 1." + digits + "}";
    EXPECT_EQ(outcome(text, 64 * 1024), "byte " + std::to_string(key.size() + 5) + ": $." + key +
                                            ": expected a number of at most 65536 bytes, found a longer one");
    expect_same_for_all_blocks(text);
  }
}

TEST(JsonMalformed, ShowsOnlyTheStartOfALongString) {
  const std::string text = "{\"entries\": \"" + std::string(100'000, 'x') + "\"}";
  EXPECT_EQ(outcome(text, 7), "byte 12: $.entries: expected an array, found \"" + std::string(40, 'x') + "\"...");
  expect_same_for_all_blocks(text);
}

}  // namespace
}  // namespace ringtail::inline v1
