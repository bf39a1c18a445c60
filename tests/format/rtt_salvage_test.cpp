#include <gtest/gtest.h>

#include <algorithm>

#include "ringtail/analyze/check.h"
#include "ringtail/analyze/exactness.h"
#include "tests/format/rtt_file.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

// Of batches, each with a state of its own and names of its own besides common ones.
struct Layout {
  const char* what;
  std::size_t bytes = 64 * 1024;  // of the file, about
  int rows = 6;                   // of a batch: few, so that recoveries are fast
  std::size_t name_bytes = 600;   // at least; at most this much more
  unsigned letters = 256;         // of which names are made
  RttOptions options = {};
};

const Layout kLayouts[] = {
    {"long names"},
    {"packed", 16 * 1024, 6, 600, 4, {.compress = true}},
    {"short rows", 8 * 1024, 200, 1, 256, {}},
};

struct Damageable {
  RttChunks chunks;
  Trace trace;
  std::string file;
  std::vector<std::size_t> chunk_begins;  // in the file; one more for its end
  std::vector<std::size_t> row_begins;    // by chunk: in the trace; one more for its end

  explicit Damageable(std::size_t bytes) : Damageable(Layout{"long names", bytes}) {}
  explicit Damageable(const Layout& layout) {
    RttWriter writer(chunks.sink(), layout.options);
    HostileTrace random(7);
    std::size_t size = 0;
    while (size < layout.bytes) {
      Trace batch;
      batch.threads.resize(2);
      batch.threads[0].name = "main";
      batch.threads[1].name = "worker";
      for (int row = 0; row < layout.rows; ++row) {
        std::string name(layout.name_bytes + random.below(layout.name_bytes + 1), ' ');
        for (char& c : name) c = static_cast<char>(random.below(layout.letters));
        TraceEntry entry = make_entry(trace.size(), row == 0 ? "common" : name).with_output_shape({trace.size()});
        entry = std::move(entry).with_device("gpu:0").with_duration(Nanoseconds{row + 1});
        entry.begin = Nanoseconds{static_cast<std::int64_t>(trace.size())};
        entry.thread = ThreadId{static_cast<std::uint32_t>(row % 2)};
        trace.add(entry);
        batch.add(entry);
      }
      for (std::uint32_t thread = 0; thread < 2; ++thread) {
        batch.threads[thread].attempted = batch.threads[thread].recorded = trace.size() / 2;
      }
      batch.open_spans.push_back({ThreadId{0}, OpId{0}, DeviceId{0}, 0, Nanoseconds{5}});
      EXPECT_TRUE(writer.append(batch).ok());
      trace.threads = batch.threads;
      trace.open_spans = {{ThreadId{0}, OpId{0}, DeviceId{0}, 0, Nanoseconds{5}}};
      size = chunks.file().size();
    }
    EXPECT_TRUE(writer.finish(trace).ok());
    file = chunks.file();
    std::size_t at = 0;
    for (const std::string& chunk : chunks.chunks) {
      chunk_begins.push_back(at);
      row_begins.push_back(header_of(chunk).rows_before);
      at += chunk.size();
    }
    chunk_begins.push_back(at);
    row_begins.push_back(trace.size());
  }

  [[nodiscard]] std::size_t chunk_at(std::size_t byte) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(chunk_begins, byte) - chunk_begins.begin()) - 1;
  }
};

bool same_row(const Trace& a, std::size_t row, const Trace& b, std::size_t other) {
  const EntryView x = a[row];
  const EntryView y = b[other];
  return x.begin() == y.begin() && x.duration_us() == y.duration_us() && x.thread() == y.thread() &&
         x.step() == y.step() && x.operation() == y.operation() && x.device() == y.device() &&
         std::ranges::equal(x.output_shape(), y.output_shape()) && x.memory_bytes() == y.memory_bytes();
}

// The rows of the original but for [first, last).
::testing::AssertionResult has_rows_but(const Trace& found, const Trace& original, std::size_t first,
                                        std::size_t last) {
  if (found.size() != original.size() - (last - first)) {
    return ::testing::AssertionFailure() << found.size() << " rows";
  }
  for (std::size_t row = 0; row < found.size(); ++row) {
    const std::size_t other = row < first ? row : row + (last - first);
    if (!same_row(found, row, original, other)) return ::testing::AssertionFailure() << "row " << row << " differs";
  }
  return ::testing::AssertionSuccess();
}

TEST(RttSalvage, OfAWholeFileIsTheTraceItself) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Trace trace = HostileTrace(seed).make();
    const Result<RttSalvage> salvage = recover_rtt_bytes(write_rtt(trace).file());
    ASSERT_TRUE(salvage.ok()) << salvage.error().message;
    EXPECT_EQ(salvage.value().trace, trace) << "seed " << seed;
    EXPECT_TRUE(salvage.value().finished);
    EXPECT_TRUE(salvage.value().spans_lost_is_exact);
    EXPECT_EQ(salvage.value().spans_lost, 0U);
    EXPECT_EQ(salvage.value().bytes_skipped, 0U);
  }
}

class RttSalvageOf : public ::testing::TestWithParam<Layout> {};

INSTANTIATE_TEST_SUITE_P(Layouts, RttSalvageOf, ::testing::ValuesIn(kLayouts), [](const auto& layout) {
  std::string name = layout.param.what;
  std::ranges::replace(name, ' ', '_');
  return name;
});

TEST_P(RttSalvageOf, KeepsEveryWholeChunkOfAFileCutAtAnyByte) {
  const Damageable original(GetParam());
  for (std::size_t size = 0; size < original.file.size(); size += testing::stride_for(original.file.size())) {
    const Result<RttSalvage> salvage = recover_rtt_bytes(original.file.substr(0, size));
    const std::size_t chunks = original.chunk_at(size);  // whole ones
    ASSERT_EQ(salvage.ok(), chunks != 0) << "cut at " << size;
    if (chunks == 0) continue;
    const RttSalvage& found = salvage.value();
    const std::size_t rows = original.row_begins[chunks];
    ASSERT_TRUE(has_rows_but(found.trace, original.trace, rows, original.trace.size())) << "cut at " << size;
    ASSERT_EQ(found.chunks_read, chunks) << "cut at " << size;
    ASSERT_EQ(found.finished || found.spans_lost_is_exact, false) << "cut at " << size;
    ASSERT_EQ(found.bytes_skipped, size - original.chunk_begins[chunks]) << "cut at " << size;
    ASSERT_EQ(found.trace.open_spans.size(), 1U) << "cut at " << size;
    ASSERT_TRUE(is_consistent(check(found.trace))) << "cut at " << size;
  }
}

TEST_P(RttSalvageOf, LosesOneChunkToAWrongByteWhereverItIs) {
  const Damageable original(GetParam());
  EXPECT_EQ((header_of(original.chunks.chunks[1]).flags & kCompressed) != 0, GetParam().options.compress);
  std::string file = original.file;
  HostileTrace random(3);
  for (std::size_t byte = 0; byte < file.size(); byte += testing::stride_for(file.size())) {
    const char before = file[byte];
    const std::uint64_t wrong = random.chance(2) ? 1U << random.below(8) : 1 + random.below(255);
    file[byte] = static_cast<char>(static_cast<unsigned char>(before) ^ wrong);
    const Result<RttSalvage> salvage = recover_rtt_bytes(file);
    file[byte] = before;
    ASSERT_TRUE(salvage.ok()) << "byte " << byte;
    const RttSalvage& found = salvage.value();
    const std::size_t chunk = original.chunk_at(byte);
    const std::size_t first = original.row_begins[chunk];
    const std::size_t last = original.row_begins[chunk + 1];
    ASSERT_TRUE(has_rows_but(found.trace, original.trace, first, last)) << "byte " << byte;
    ASSERT_EQ(found.spans_lost, last - first) << "byte " << byte;
    ASSERT_EQ(found.finished, chunk + 1 != original.chunks.chunks.size()) << "byte " << byte;
    ASSERT_EQ(found.spans_lost_is_exact, found.finished) << "byte " << byte;
    ASSERT_EQ(found.chunks_damaged + found.chunks_missing <= 1, true) << "byte " << byte;
    ASSERT_EQ(found.chunks_read + 1, original.chunks.chunks.size()) << "byte " << byte;
    ASSERT_EQ(found.bytes_skipped, original.chunk_begins[chunk + 1] - original.chunk_begins[chunk])
        << "byte " << byte;
    ASSERT_TRUE(is_consistent(check(found.trace))) << "byte " << byte;
  }
}

TEST(RttSalvage, IsRefusedAsAWholeFileIsNotWhereverABitIsFlipped) {
  const Damageable original(8 * 1024);
  std::string file = original.file;
  for (std::size_t byte = 0; byte < file.size(); ++byte) {
    for (int bit = 0; bit < 8; bit += 3) {
      file[byte] = static_cast<char>(file[byte] ^ (1 << bit));
      const Result<Trace> read = read_rtt_bytes(file);
      file[byte] = static_cast<char>(file[byte] ^ (1 << bit));
      ASSERT_FALSE(read.ok()) << "byte " << byte;
    }
  }
}

TEST(RttSalvage, FindsChunksBehindBytesThatAreMissingOrTooMany) {
  const Damageable original(16 * 1024);
  HostileTrace random(1);
  for (int round = 0; round < 200; ++round) {
    const std::size_t at = random.below(original.file.size());
    const std::size_t chunk = original.chunk_at(at);
    const std::size_t count = 1 + random.below(100);
    std::string file = original.file;
    if (random.chance(2)) {
      file.insert(at, count, static_cast<char>(random.next()));
    } else {
      file.erase(at, std::min(count, original.chunk_begins[chunk + 1] - at));
    }
    const Result<RttSalvage> salvage = recover_rtt_bytes(file);
    ASSERT_TRUE(salvage.ok());
    const bool between = at == original.chunk_begins[chunk] && file.size() > original.file.size();
    const std::size_t first = original.row_begins[chunk];
    ASSERT_TRUE(
        has_rows_but(salvage.value().trace, original.trace, first, between ? first : original.row_begins[chunk + 1]))
        << "at " << at << ", round " << round;
  }
}

TEST(RttSalvage, SaysInTheLedgerWhatWasLostAndWhen) {
  Trace trace = recorded_trace(300);
  RttChunks file;
  RttWriter writer(file.sink());
  for (std::size_t row = 0; row < 300; row += 100) ASSERT_TRUE(writer.append(rtt_slice(trace, row, row + 100)).ok());
  ASSERT_TRUE(writer.finish(trace).ok());
  ASSERT_EQ(file.chunks.size(), 5U);  // state, rows, rows, rows, end
  const Result<RttSalvage> salvage =
      recover_rtt_bytes(file.chunks[0] + file.chunks[1] + file.chunks[3] + file.chunks[4]);
  ASSERT_TRUE(salvage.ok());
  const RttSalvage& found = salvage.value();
  EXPECT_EQ(found.chunks_missing, 1U);
  EXPECT_EQ(found.chunks_damaged, 0U);
  EXPECT_EQ(found.spans_lost, 100U);
  EXPECT_TRUE(found.spans_lost_is_exact);
  std::uint64_t lost = 0;
  for (const Loss& loss : found.trace.losses) {
    EXPECT_EQ(loss.cause, LossCause::kFileDamaged);
    EXPECT_EQ(loss.first, trace[99].begin());
    EXPECT_EQ(loss.last, trace[200].begin());
    EXPECT_NE(loss.thread, kNoThread);
    lost += loss.count;
  }
  EXPECT_EQ(lost, 100U);
  ASSERT_EQ(found.trace.folded.size(), 1U);
  EXPECT_EQ(found.trace.operation(found.trace.folded[0].op), "(lost)");
  EXPECT_EQ(found.trace.folded[0].count, 100U);
  EXPECT_EQ(found.trace.threads[0].attempted, trace.threads[0].attempted);
  EXPECT_FALSE(found.trace.complete());
  EXPECT_TRUE(is_consistent(check(found.trace)));
  EXPECT_EQ(exactness_of(Analysis::kTotals, found.trace), Exactness::kLowerBound);
}

TEST(RttSalvage, OfAFileThatWasRecoveredBeforeAddsUpTheLosses) {
  const Trace trace = recorded_trace(300);
  RttChunks once;
  RttWriter first(once.sink());
  for (std::size_t row = 0; row < 300; row += 100) ASSERT_TRUE(first.append(rtt_slice(trace, row, row + 100)).ok());
  const Result<RttSalvage> before = recover_rtt_bytes(once.chunks[0] + once.chunks[1] + once.chunks[3]);
  ASSERT_TRUE(before.ok());
  ASSERT_EQ(before.value().trace.size(), 200U);
  RttChunks again;
  RttWriter second(again.sink());
  for (std::size_t row = 0; row < 200; row += 100) {
    ASSERT_TRUE(second.append(rtt_slice(before.value().trace, row, row + 100)).ok());
  }
  ASSERT_TRUE(second.finish(before.value().trace).ok());
  const Result<RttSalvage> salvage = recover_rtt_bytes(again.file().substr(again.file(2).size()));
  ASSERT_TRUE(salvage.ok());
  const Trace& found = salvage.value().trace;
  ASSERT_EQ(found.size(), 100U);
  std::uint64_t lost = 0;
  for (const Loss& loss : found.losses) lost += loss.count;
  EXPECT_EQ(lost, 200U);
  EXPECT_EQ(found.losses.size(), 4U);  // one of each thread
  ASSERT_EQ(found.folded.size(), 1U);
  EXPECT_EQ(found.folded[0].count, 200U);
  EXPECT_TRUE(is_consistent(check(found)));
}

TEST(RttSalvage, GivesThreadsThatOnlyRowsNameAnAccount) {
  const Trace trace = recorded_trace(100);
  Trace early = rtt_slice(trace, 0, 10);
  early.threads.resize(1);
  Trace state_only;
  state_only.threads = early.threads;
  RttChunks file;
  RttWriter writer(file.sink());
  ASSERT_TRUE(writer.append(state_only).ok());
  ASSERT_TRUE(writer.append(trace).ok());
  ASSERT_EQ(file.chunks.size(), 3U);  // state, state, rows
  const Result<RttSalvage> salvage = recover_rtt_bytes(file.chunks[0] + file.chunks[2]);
  ASSERT_TRUE(salvage.ok()) << salvage.error().message;
  ASSERT_EQ(salvage.value().trace.threads.size(), 4U);
  EXPECT_EQ(salvage.value().trace.threads[3].name, "(lost thread 3)");
  EXPECT_TRUE(is_consistent(check(salvage.value().trace)));
}

TEST(RttSalvage, TakesNoChunkOfAnotherFileAndNoneTwice) {
  const Damageable original(8 * 1024);
  Trace other = recorded_trace(50);
  other.metadata["another"] = "file";
  const RttChunks others = write_rtt(other);
  const std::string file = original.chunks.file(4) + others.file() + original.chunks.chunks[2] +
                           original.chunks.chunks[3] + original.file.substr(original.chunk_begins[4]);
  const Result<RttSalvage> salvage = recover_rtt_bytes(file);
  ASSERT_TRUE(salvage.ok());
  EXPECT_EQ(salvage.value().trace, original.trace);
}

// Its checksums right: what the header says is not what the chunks before it leave room for.
TEST(RttSalvage, TakesNoChunkWhoseNumbersDoNotGoOnFromTheOnesBefore) {
  const Damageable original(16 * 1024);
  const ChunkHeader right = header_of(original.chunks.chunks[3]);
  ASSERT_EQ(right.type, ChunkType::kRows);
  ASSERT_GT(original.chunks.chunks.size(), 5U);
  for (const std::uint64_t rows : {right.rows_before - 1, right.rows_before + 1, UINT64_MAX - 65'536}) {
    ChunkHeader header = right;
    header.rows_before = rows;
    const std::string bad = sealed(header, original.chunks.chunks[3].substr(kChunkHeaderBytes));
    const Result<RttSalvage> salvage =
        recover_rtt_bytes(original.chunks.file(3) + bad + original.file.substr(original.chunk_begins[4]));
    ASSERT_TRUE(salvage.ok());
    EXPECT_EQ(salvage.value().spans_lost, right.rows) << rows;
    EXPECT_EQ(salvage.value().trace.size(), original.trace.size() - right.rows) << rows;
  }
}

TEST(RttSalvage, KeepsWhatFollowsAHeaderThatAnnouncesMoreThanTheLimitOfMemory) {
  const Damageable original(4 * 1024);
  ChunkHeader header = header_of(original.chunks.chunks[0]);
  header.stored_bytes = header.content_bytes = kMostContentBytes;
  const auto bytes = header_bytes(header);
  const std::string before(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const Result<RttSalvage> salvage = recover_rtt_bytes(before + original.file, {50'000'000});
  ASSERT_TRUE(salvage.ok()) << salvage.error().message;
  EXPECT_EQ(salvage.value().trace.size(), original.trace.size());
}

TEST(RttSalvage, IsNotMisledByAFileInANameWhateverOfTheFirstChunkIsDamaged) {
  const Damageable inner(4 * 1024);
  Trace trace = recorded_trace(20);
  trace.metadata["file"] = inner.file;
  trace.add(make_entry(0, inner.file));
  const RttChunks file = write_rtt(trace);
  const std::string first = file.chunks[0];
  for (const std::size_t damage : {std::size_t{30}, kChunkHeaderBytes, first.size() - 1}) {
    std::string damaged = file.file();
    damaged[damage] ^= 1;
    const Result<RttSalvage> salvage = recover_rtt_bytes(damaged);
    ASSERT_TRUE(salvage.ok()) << "byte " << damage;
    EXPECT_TRUE(has_rows_but(salvage.value().trace, trace, 0, 0)) << "byte " << damage;
    EXPECT_TRUE(salvage.value().finished) << "byte " << damage;
  }
  const Result<RttSalvage> cut = recover_rtt_bytes(first.substr(0, first.size() - 1));
  ASSERT_FALSE(cut.ok());  // rather than the inner file's spans
  EXPECT_EQ(cut.error().message, "byte 0: expected a whole .rtt chunk somewhere, found none");
}

TEST(RttSalvage, OfAFileWithoutAWholeChunkIsAnError) {
  for (const std::string& file : {std::string(), std::string(100'000, '\0'), std::string("\x89RTT\r\n\x1A\n")}) {
    const Result<RttSalvage> salvage = recover_rtt_bytes(file);
    ASSERT_FALSE(salvage.ok());
    EXPECT_EQ(salvage.error().message, "byte 0: expected a whole .rtt chunk somewhere, found none");
  }
}

TEST(RttSalvage, OfANewerVersionSaysSo) {
  std::string file = write_rtt(Trace()).file();
  for (std::size_t at = 0; (at = file.find("\x89RTT", at)) != std::string::npos; ++at) file[at + 8] = 2;
  const Result<RttSalvage> salvage = recover_rtt_bytes(file);
  ASSERT_FALSE(salvage.ok());
  EXPECT_EQ(salvage.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(salvage.error().message, "byte 8: expected version 1, found 2");
}

TEST(RttSalvage, TakesTimeInProportionToTheFileThoughEveryHeaderAnnouncesTheRest) {
  // 4,000 whole headers, each of which announces all that follows: 4,000 times 224 KB to be checked, if
  // they all were.
  constexpr std::size_t kHeaders = 4'000;
  std::string file;
  for (std::size_t i = 0; i < kHeaders; ++i) {
    ChunkHeader header;
    header.stored_bytes = header.content_bytes = static_cast<std::uint32_t>((kHeaders - 1 - i) * kChunkHeaderBytes);
    header.stored_crc = 1;
    const auto bytes = header_bytes(header);
    file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  const Damageable original(4 * 1024);
  const Result<RttSalvage> salvage = recover_rtt_bytes(file + original.file);
  ASSERT_TRUE(salvage.ok());
  EXPECT_LT(salvage.value().chunks_damaged, 100U);
  EXPECT_EQ(salvage.value().trace.size(), original.trace.size());
}

TEST(RttSalvage, SearchesBehindHeadersThatAnnounceMoreThanThereIs) {
  const Damageable original(4 * 1024);
  ChunkHeader header = header_of(original.chunks.chunks[0]);
  header.stored_bytes = header.content_bytes = kMostContentBytes;
  const auto bytes = header_bytes(header);
  std::string file;
  for (int i = 0; i < 20; ++i) file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t before = file.size();
  file += original.file;
  const Result<RttSalvage> salvage = recover_rtt_bytes(file);
  ASSERT_TRUE(salvage.ok()) << salvage.error().message;
  EXPECT_EQ(salvage.value().chunks_damaged, 20U);
  EXPECT_TRUE(has_rows_but(salvage.value().trace, original.trace, 0, 0));
  EXPECT_TRUE(salvage.value().finished);
  EXPECT_EQ(salvage.value().bytes_skipped, before);
}

}  // namespace
}  // namespace ringtail::inline v1
