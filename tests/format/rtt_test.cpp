#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "tests/format/rtt_file.h"
#include "tests/support/random_trace.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

constexpr RttOptions kPacked = {true};

TEST(Rtt, ReadsWhatItWrote) {
  for (long seed = 1; seed <= testing::scaled(2'000); ++seed) {
    const Trace trace = HostileTrace(static_cast<std::uint64_t>(seed)).make();
    ASSERT_EQ(must_read_rtt(write_rtt(trace).file()), trace) << "seed " << seed;
    ASSERT_EQ(must_read_rtt(write_rtt(trace, kPacked).file()), trace) << "seed " << seed << ", packed";
  }
}

TEST(Rtt, ReadsWhatItWroteOfLargerTraces) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Trace trace = recorded_trace(150'000, seed);
    const RttChunks file = write_rtt(trace);
    EXPECT_EQ(file.chunks.size(), 5U);  // state, 3 of rows, end
    ASSERT_EQ(must_read_rtt(file.file()), trace) << "seed " << seed;
    const RttChunks packed = write_rtt(trace, kPacked);
    EXPECT_LE(file.file().size(), 14 * trace.size());
    EXPECT_LE(packed.file().size(), 8 * trace.size());
    ASSERT_EQ(must_read_rtt(packed.file()), trace) << "seed " << seed << ", packed";
  }
}

TEST(Rtt, ReadsUntimedRowsInTheOrderTheyHad) {
  for (long seed = 1; seed <= testing::scaled(300); ++seed) {
    for (const bool timed : {true, false}) {
      const Trace trace = random_trace(static_cast<std::uint64_t>(seed), timed);
      ASSERT_EQ(must_read_rtt(write_rtt(trace).file()), trace) << "seed " << seed;
    }
  }
}

TEST(Rtt, KeepsNamesOfAnyBytesUpToTheLimit) {
  Trace trace;
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const std::string& name : {all, std::string("\xFF\xFE"), std::string(kMostNameBytes, 'x'), std::string()}) {
    trace.add(make_entry(0, name).with_device(name + "d" == std::string(kMostNameBytes, 'x') + "d" ? "d" : name));
    trace.metadata[name] = name;
    trace.threads.emplace_back().name = name;
  }
  EXPECT_EQ(must_read_rtt(write_rtt(trace).file()), trace);
  EXPECT_EQ(must_read_rtt(write_rtt(trace, kPacked).file()), trace);
}

TEST(Rtt, KeepsEveryBitOfADurationWhateverItsForm) {
  const double kDurations[] = {
      0.0,  -0.0,        0.12100000000000001,       0.121, 1e300,         std::numeric_limits<double>::denorm_min(),
      -3.5, 1234567.891, to_microseconds(1h + 1ns), 1e-9,  0x1p53 / 1000, std::numeric_limits<double>::max()};
  for (const double first : kDurations) {
    for (const double second : kDurations) {
      Trace trace;
      for (const double us : {first, second}) {
        TraceEntry entry = make_entry(0, "a");
        entry.duration_us = us;
        trace.add(entry);
      }
      trace.total_duration_us = 0.0;
      const Trace read = must_read_rtt(write_rtt(trace).file());
      ASSERT_EQ(read.size(), 2U);
      EXPECT_EQ(std::memcmp(read.columns().duration_us.data(), trace.columns().duration_us.data(), 16), 0)
          << first << ", " << second;
    }
  }
}

TEST(Rtt, StoresRecordedDurationsAndThoseOfThreeDecimalsAsNanoseconds) {
  for (const bool recorded : {true, false}) {
    Trace trace;
    for (std::int64_t ns = 1; ns <= 4'000; ++ns) {
      TraceEntry entry = make_entry(0, "a");
      entry.duration_us = recorded ? to_microseconds(Nanoseconds{ns}) : static_cast<double>(ns) / 1000.0;
      trace.add(entry);
    }
    EXPECT_LT(write_rtt(trace).file().size(), 4'000U) << recorded;  // of 4,000 rows
  }
}

TEST(Rtt, GivesTheRowsOfOverlappingBatchesInOrder) {
  const Trace whole = recorded_trace(2'000);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    HostileTrace random(seed);
    // Each row goes to one of the next two batches, as when a span that began earlier ended later.
    std::vector<Trace> batches(12);
    for (std::size_t row = 0; row < whole.size(); ++row) {
      const std::size_t batch = row * 10 / whole.size() + random.below(seed % 3 + 1);
      batches[batch].add(whole[row].to_entry());
    }
    RttChunks file;
    RttWriter writer(file.sink());
    for (const Trace& batch : batches) ASSERT_TRUE(writer.append(batch).ok());
    ASSERT_TRUE(writer.finish(whole).ok());
    ASSERT_EQ(must_read_rtt(file.file()), whole) << "seed " << seed;
  }
}

TEST(Rtt, OrdersRowsOfEveryKindHoweverTheBatchesOverlap) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    HostileTrace random(seed);
    std::vector<TraceEntry> entries;
    RttChunks file;
    RttWriter writer(file.sink());
    for (int batch = 0; batch < 8; ++batch) {
      std::vector<TraceEntry> rows;
      const Trace hostile = random.make();
      for (std::size_t row = 0; row < hostile.size(); ++row) {
        rows.push_back(hostile[row].to_entry());
        rows.back().begin = Nanoseconds{static_cast<std::int64_t>(random.below(30))};
        rows.back().thread = random.chance(4) ? kNoThread : ThreadId{static_cast<std::uint32_t>(random.below(3))};
      }
      const auto by_begin = [](const TraceEntry& a, const TraceEntry& b) {
        return std::pair(*a.begin, a.thread) < std::pair(*b.begin, b.thread);
      };
      std::ranges::stable_sort(rows, by_begin);
      Trace ordered;
      for (const TraceEntry& row : rows) ordered.add(row);
      ASSERT_TRUE(writer.append(ordered).ok());
      entries.insert(entries.end(), rows.begin(), rows.end());
      std::ranges::stable_sort(entries, by_begin);
    }
    Trace expected;
    for (const TraceEntry& entry : entries) expected.add(entry);
    expected.total_duration_us = 1.0;  // hostile ones add up to infinity
    ASSERT_TRUE(writer.finish(expected).ok());
    ASSERT_EQ(must_read_rtt(file.file()), expected) << "seed " << seed;
  }
}

TEST(Rtt, KeepsTheOrderOfRowsWhenABatchIsNotOrdered) {
  Trace later = recorded_trace(10);
  Trace unordered;
  for (std::size_t row = later.size(); row-- > 0;) unordered.add(later[row].to_entry());
  unordered.threads = later.threads;
  RttChunks file;
  RttWriter writer(file.sink());
  ASSERT_TRUE(writer.append(later).ok());
  ASSERT_TRUE(writer.append(unordered).ok());
  ASSERT_TRUE(writer.finish(later).ok());
  const Trace read = must_read_rtt(file.file());
  ASSERT_EQ(read.size(), 20U);
  for (std::size_t row = 0; row < 10; ++row) {
    EXPECT_EQ(read[row].to_entry(), later[row].to_entry());
    EXPECT_EQ(read[10 + row].to_entry(), unordered[row].to_entry());
  }
}

TEST(Rtt, WritesTheStateOnlyWhenItDiffers) {
  Trace batch = recorded_trace(5);
  RttChunks file;
  RttWriter writer(file.sink());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer.append(batch).ok());
  batch.open_spans.push_back({ThreadId{1}, OpId{0}, DeviceId{0}, 1, 3us});
  ASSERT_TRUE(writer.append(batch).ok());
  ASSERT_TRUE(writer.finish(batch).ok());
  std::string types;
  for (const std::string& chunk : file.chunks) types += name_of(header_of(chunk).type)[0];
  EXPECT_EQ(types, "srrrsre");
}

TEST(Rtt, WritesALargeStateNoOftenerThanRowsJustify) {
  Trace batch = recorded_trace(100);
  for (int i = 0; i < 20'000; ++i) batch.threads.emplace_back().name = "worker " + std::to_string(i);
  RttChunks file;
  RttWriter writer(file.sink());
  for (std::uint64_t i = 0; i < 100; ++i) {
    batch.threads[0].blocked = Nanoseconds{static_cast<std::int64_t>(i)};
    ASSERT_TRUE(writer.append(batch).ok());
  }
  ASSERT_TRUE(writer.finish(batch).ok());
  std::size_t state_bytes = 0;
  std::size_t largest = 0;
  for (const std::string& chunk : file.chunks) {
    if (header_of(chunk).type != ChunkType::kState) continue;
    state_bytes += chunk.size();
    largest = std::max(largest, chunk.size());
  }
  EXPECT_LE(state_bytes, file.file().size() / 2 + 2 * largest);
  EXPECT_EQ(must_read_rtt(file.file()).threads, batch.threads);
}

TEST(Rtt, CompressesNoStateToFewerBytesThanItsListsNeed) {
  Trace trace;
  trace.origin.emplace().later.assign(1'000'000, {});  // 16 KB, of which zstd makes less than 100 bytes
  trace.threads.assign(3, {});
  trace.losses.assign(100'000, {kNoThread, kNoDevice, LossCause::kFileDamaged, 1, 0ns, 0ns});
  EXPECT_EQ(must_read_rtt(write_rtt(trace, {.compress = true}).file()), trace);
}

TEST(Rtt, CompressesNothingToLessThanAThousandth) {
  Trace trace;
  for (int i = 0; i < 20; ++i) trace.metadata["key " + std::to_string(i)] = std::string(100'000, 'x');
  const RttChunks written = write_rtt(trace, {.compress = true});
  EXPECT_EQ(header_of(written.chunks[0]).flags & kCompressed, 0);
  EXPECT_EQ(must_read_rtt(written.file()), trace);
}

Trace batch_of_threads(int threads) {
  Trace batch = recorded_trace(1);
  for (int i = 0; i < threads; ++i) batch.threads.emplace_back().name = "request worker " + std::to_string(i);
  return batch;
}

TEST(Rtt, WritesFewStatesOfAQuietProgram) {
  for (const int threads : {1, 30, 100, 500, 6'000, 65'000}) {
    Trace batch = batch_of_threads(threads);
    RttChunks file;
    RttWriter writer(file.sink());
    for (int i = 0; i < 200; ++i) {  // 10 seconds
      const Nanoseconds time = i * 50ms;
      batch.origin->later = {{batch.origin->monotonic + time, batch.origin->realtime + time}};
      batch.threads[0].attempted += 5;
      ASSERT_TRUE(writer.append(batch).ok());
    }
    std::size_t state_bytes = 0;
    std::size_t row_bytes = 0;
    for (const std::string& chunk : file.chunks) {
      (header_of(chunk).type == ChunkType::kState ? state_bytes : row_bytes) += chunk.size();
    }
    EXPECT_LE(state_bytes, file.chunks[0].size() + row_bytes + 400'000) << threads << " threads";
  }
}

TEST(Rtt, WritesALargeStateBeforeRowsOfANewThreadOrWhenTheLastIsOld) {
  Trace batch = batch_of_threads(6'000);
  RttChunks file;
  RttWriter writer(file.sink());
  ASSERT_TRUE(writer.append(batch).ok());
  const Nanoseconds worth{std::int64_t{header_of(file.chunks[0]).content_bytes} * 25'000};
  // What the file says of the last thread then.
  const auto seen_after = [&](Trace rows, Nanoseconds time) {
    rows.origin->later = {{rows.origin->monotonic + time, rows.origin->realtime + time}};
    EXPECT_TRUE(writer.append(rows).ok());
    return must_read_rtt(file.file()).threads.back();
  };
  Trace hang = batch;
  hang.threads.back().blocked = 1ns;
  EXPECT_EQ(seen_after(hang, worth * 9 / 10).blocked, 0ns);
  EXPECT_EQ(seen_after(hang, worth * 11 / 10).blocked, 1ns);

  Trace more = hang;
  TraceEntry entry = more[0].to_entry();
  entry.thread = ThreadId{static_cast<std::uint32_t>(more.threads.size())};
  more.threads.emplace_back().name = "late worker";
  EXPECT_NE(seen_after(more, worth * 12 / 10).name, "late worker");  // no row is of it
  more.add(entry);
  const Nanoseconds soon = worth / 16;
  EXPECT_EQ(seen_after(more, worth * 11 / 10 + soon * 12 / 10).name, "late worker");
  entry.thread = ThreadId{static_cast<std::uint32_t>(more.threads.size())};
  more.threads.emplace_back().name = "latest worker";
  more.add(entry);
  EXPECT_EQ(seen_after(more, worth * 11 / 10 + soon * 18 / 10).name,
            "(lost thread " + std::to_string(index_of(entry.thread)) + ")");
}

TEST(Rtt, ReadsAGrowingFileAsFarAsItGoes) {
  const Trace whole = recorded_trace(1'000);
  RttChunks file;
  RttWriter writer(file.sink());
  for (std::size_t row = 0; row < whole.size(); row += 100) {
    Trace batch = rtt_slice(whole, row, row + 100);
    batch.open_spans.push_back({ThreadId{1}, OpId{0}, kNoDevice, 1, Nanoseconds{static_cast<std::int64_t>(row)}});
    ASSERT_TRUE(writer.append(batch).ok());
  }
  for (std::size_t chunks = 1; chunks <= file.chunks.size(); ++chunks) {
    const Trace read = must_read_rtt(file.file(chunks));
    ASSERT_EQ(read.size(), chunks / 2 * 100);
    for (std::size_t row = 0; row < read.size(); ++row) ASSERT_EQ(read[row].to_entry(), whole[row].to_entry());
    ASSERT_EQ(read.metadata.at(kUnfinished),
              "read " + std::to_string(read.size()) + " rows in " + std::to_string(chunks) + " chunks, no end");
    ASSERT_EQ(read.open_spans.size(), 1U);
    EXPECT_EQ(read.open_spans[0].begin.count(), static_cast<std::int64_t>((chunks - 1) / 2 * 100));
    std::uint64_t recorded = 0;
    for (const TraceThread& thread : read.threads) {
      recorded += thread.recorded;
      EXPECT_EQ(thread.attempted, thread.recorded);
    }
    EXPECT_EQ(recorded, read.size());
  }
  ASSERT_TRUE(writer.finish(whole).ok());
  EXPECT_EQ(must_read_rtt(file.file()), whole);
}

TEST(Rtt, ReadsAFileOfItsOwn) {
  const Trace trace = recorded_trace(1'000);
  const std::string path = (std::filesystem::path(::testing::TempDir()) / "ringtail_rtt_test.rtt").string();
  std::ofstream(path, std::ios::binary) << write_rtt(trace).file();
  const Result<Trace> read = read_rtt_file(path);
  const Result<RttSalvage> salvage = recover_rtt_file(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value(), trace);
  ASSERT_TRUE(salvage.ok()) << salvage.error().message;
  EXPECT_EQ(salvage.value().trace, trace);
  const Result<Trace> gone = read_rtt_file(path);
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, ErrorCode::kIo);
  EXPECT_EQ(gone.error().message, "expected to open it, found: No such file or directory");
  EXPECT_EQ(recover_rtt_file(::testing::TempDir()).error().message, "expected a file, found a directory");
  std::istringstream broken(write_rtt(trace).file());
  broken.setstate(std::ios::badbit);
  const char* const said = "byte 0: expected to read to the end, found a stream that failed";
  EXPECT_EQ(read_rtt(broken).error().message, said);
  EXPECT_EQ(recover_rtt(broken).error().message, said);
}

TEST(Rtt, KeepsToTheLimitOfMemory) {
  const Trace trace = recorded_trace(200'000);
  for (const RttOptions options : {RttOptions{}, kPacked}) {
    const std::string file = write_rtt(trace, options).file();
    const Result<Trace> refused = read_rtt_bytes(file, {5'000'000});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(refused.error().message.find("expected a trace within 5000000 bytes of memory "
                                           "(RttLimits::max_memory), found more"),
              std::string::npos)
        << refused.error().message;
    EXPECT_FALSE(recover_rtt_bytes(file, {5'000'000}).ok());
    const Result<Trace> read = read_rtt_bytes(file, {100'000'000});
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_LE(read.value().columns().bytes(), 100'000'000U);
  }
}

// The limit below which the file is refused, to 10 KB.
std::uint64_t least_limit(const std::string& file) {
  std::uint64_t refused = 0;
  std::uint64_t enough = 100'000'000;
  EXPECT_TRUE(read_rtt_bytes(file, {enough}).ok());
  while (enough - refused > 10'000) {
    const std::uint64_t middle = refused + (enough - refused) / 2;
    (read_rtt_bytes(file, {middle}).ok() ? enough : refused) = middle;
  }
  return enough;
}

TEST(Rtt, CountsWhatOrderingRowsTakesToTheLimitOfMemory) {
  const Trace whole = recorded_trace(100'000);
  std::string files[2];
  for (const bool ordered : {false, true}) {
    std::vector<Trace> batches(100);
    for (std::size_t row = 0; row < whole.size(); ++row) {
      batches[ordered ? row / 1'000 : row % 100].add(whole[row].to_entry());
    }
    RttChunks file;
    RttWriter writer(file.sink());
    for (const Trace& batch : batches) ASSERT_TRUE(writer.append(batch).ok());
    ASSERT_TRUE(writer.finish(whole).ok());
    files[ordered ? 1 : 0] = file.file();
  }
  // 16 bytes a row, less what decoding a chunk of 1,000 took before.
  EXPECT_GT(least_limit(files[0]), least_limit(files[1]) + 1'200'000);
}

TEST(Rtt, CountsRoomForWideStepsToTheLimitOfMemory) {
  std::string files[2];
  for (const bool wide : {false, true}) {
    Trace trace;
    TraceEntry entry = make_entry(wide ? UINT64_MAX : 0, "a");
    for (int row = 0; row < 100'000; ++row) trace.add(entry);
    files[wide ? 1 : 0] = write_rtt(trace).file();
  }
  EXPECT_GE(least_limit(files[1]), least_limit(files[0]) + 400'000);
}

struct Refused {
  const char* what;
  void (*spoil)(Trace&);
  const char* message;
};

const Refused kRefused[] = {
    {"NaN",
     [](Trace& t) {
       t.add([] {
         TraceEntry e = make_entry(0, "a");
         e.duration_us = NAN;
         return e;
       }());
     },
     "$.entries[1].duration_us: expected a finite number, found NaN"},
    {"weight 0",
     [](Trace& t) {
       t.add([] {
         TraceEntry e = make_entry(0, "a");
         e.weight = 0;
         return e;
       }());
     },
     "$.entries[1].weight: expected a number of spans, at least 1, found 0"},
    {"one_in 0", [](Trace& t) { t.categories.emplace_back().one_in = 0; },
     "$.ringtail.categories[0].one_in: expected a number of spans, at least 1, found 0"},
    {"a thread outside the table",
     [](Trace& t) {
       t.threads.resize(1);
       t.losses.emplace_back().thread = ThreadId{1};
     },
     "$.ringtail.losses[0].thread: expected an index below 1, found 1"},
    {"a long op", [](Trace& t) { t.add(make_entry(0, std::string(kMostNameBytes + 1, 'x'))); },
     "op \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"...: expected at most 1048576 bytes, found 1048577"},
    {"a long device", [](Trace& t) { t.add(make_entry(0, "a").with_device(std::string(kMostNameBytes + 1, 'x'))); },
     "device \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"...: expected at most 1048576 bytes, found 1048577"},
    {"long metadata", [](Trace& t) { t.metadata["k"] = std::string(kMostNameBytes + 1, 'x'); },
     "name \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"...: expected at most 1048576 bytes, found 1048577"},
    {"a signature of too many dimensions",
     [](Trace& t) { t.add(make_entry(0, "a").with_output_shape(Shape(65'536, 1))); },
     "signature: expected at most 65536 shapes and dimensions, found 65537"},
};

TEST(Rtt, RefusesWhatItCannotSay) {
  for (const Refused& refused : kRefused) {
    Trace trace;
    trace.add(make_entry(0, "a"));
    refused.spoil(trace);
    RttChunks file;
    RttWriter writer(file.sink());
    const Status status = writer.append(trace);
    ASSERT_FALSE(status.ok()) << refused.what;
    EXPECT_EQ(status.error().code, ErrorCode::kUnsupported) << refused.what;
    EXPECT_EQ(status.error().message, refused.message) << refused.what;
  }
}

TEST(Rtt, RefusesAThreadOutsideTheTableAtTheEnd) {
  RttChunks file;
  RttWriter writer(file.sink());
  Trace rows = recorded_trace(10);
  ASSERT_TRUE(writer.append(rows).ok());
  rows.threads.resize(1);
  const Status status = writer.finish(rows);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(must_read_rtt(file.file()).metadata.contains(kUnfinished));
}

TEST(Rtt, ReturnsWhatTheSinkReturns) {
  for (std::size_t fails = 0; fails < 3; ++fails) {
    std::size_t call = 0;
    RttWriter writer([&](std::span<const std::byte>) -> Status {
      if (call++ == fails) return Error{ErrorCode::kIo, "no space left"};
      return Done{};
    });
    const Trace trace = recorded_trace(10);
    Status status = writer.append(trace);
    if (status.ok()) status = writer.finish(trace);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().message, "no space left");
    EXPECT_EQ(call, fails + 1);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
