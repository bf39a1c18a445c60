// Files that are wrong in one way each, with checksums that are right, and the message that each must produce.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <fstream>
#include <functional>

#include "format/crc32c.h"
#include "format/rtt_bytes.h"
#include "format/rtt_pack.h"
#include "tests/format/rtt_file.h"
#include "tests/support/shared_files.h"

namespace ringtail::inline v1 {
namespace {

std::string bytes_of_hex(std::string_view hex) {
  std::istringstream in{std::string(hex)};
  std::string bytes;
  for (unsigned byte = 0; in >> std::hex >> byte;) bytes += static_cast<char>(byte);
  return bytes;
}

std::string chunk_of(ChunkType type, std::string_view contents, std::uint32_t rows = 0, std::uint8_t flags = 0) {
  ChunkHeader header;
  header.type = type;
  header.flags = flags;
  header.rows = rows;
  header.stored_bytes = header.content_bytes = static_cast<std::uint32_t>(contents.size());
  return sealed(header, contents);
}

struct BadHeader {
  const char* what;
  std::function<void(ChunkHeader&)> spoil;
  const char* message;
};

// Of a state chunk of 9 bytes: no names, no origin, nothing in any list.
const BadHeader kBadHeaders[] = {
    {"type", [](ChunkHeader& h) { h.type = ChunkType{4}; }, "byte 10: expected a chunk of type 1, 2 or 3, found 4"},
    {"flags", [](ChunkHeader& h) { h.flags = kOrdered; }, "byte 11: expected flags that state may have, found 2"},
    {"packed end", [](ChunkHeader& h) { h.type = ChunkType::kEnd, h.flags = kCompressed; },
     "byte 11: expected flags that end may have, found 1"},
    {"stored bytes", [](ChunkHeader& h) { h.stored_bytes = 8; }, "byte 12: expected 10 stored bytes, found 8"},
    {"packed into more", [](ChunkHeader& h) { h.flags = kCompressed; },
     "byte 12: expected less than 10 stored bytes, found 10"},
    {"contents", [](ChunkHeader& h) { h.content_bytes = h.stored_bytes = (64U << 20U) + 1; },
     "byte 16: expected at most 67108864 bytes in a chunk, found 67108865"},
    {"rows of a state", [](ChunkHeader& h) { h.rows = 1; }, "byte 20: expected no rows, found 1"},
    {"no rows", [](ChunkHeader& h) { h.type = ChunkType::kRows; }, "byte 20: expected 1 to 65536 rows, found 0"},
    {"too many rows", [](ChunkHeader& h) { h.type = ChunkType::kRows, h.rows = 65'537; },
     "byte 20: expected 1 to 65536 rows, found 65537"},
    {"sequence", [](ChunkHeader& h) { h.sequence = 1; }, "byte 32: expected chunk 0, found chunk 1"},
    {"rows before", [](ChunkHeader& h) { h.rows_before = 5; }, "byte 40: expected 0 rows before, found 5"},
    {"last number of all", [](ChunkHeader& h) { h.sequence = UINT64_MAX; },
     "byte 32: expected a number that another can follow, found 18446744073709551615"},
    {"more rows than can be counted", [](ChunkHeader& h) { h.rows_before = UINT64_MAX - 65'535; },
     "byte 40: expected at most 18446744073709486079 rows before, found 18446744073709486080"},
    {"a bomb", [](ChunkHeader& h) { h.flags = kCompressed, h.content_bytes = (64U << 10U) + 10'001; },
     "byte 16: expected at most 75536 bytes packed into 10, found 75537"},
    {"no frame", [](ChunkHeader& h) { h.flags = kCompressed, h.content_bytes = 100; },
     "byte 56: expected one frame of zstd of 100 bytes, found something else"},
};

const std::string kEmptyState(10, '\0');

TEST(RttMalformed, SaysWhatIsWrongWithAHeader) {
  for (const BadHeader& bad : kBadHeaders) {
    ChunkHeader header;
    header.stored_bytes = header.content_bytes = static_cast<std::uint32_t>(kEmptyState.size());
    bad.spoil(header);
    const Result<Trace> read = read_rtt_bytes(sealed(header, kEmptyState));
    ASSERT_FALSE(read.ok()) << bad.what;
    EXPECT_EQ(read.error().message, bad.message) << bad.what;
    EXPECT_EQ(read.error().code, ErrorCode::kMalformed) << bad.what;
  }
}

struct BadContents {
  const char* what;
  const char* hex;
  const char* message;
  std::uint32_t rows = 1;
  std::uint8_t flags = 0;
};

// The contents of one row of op "a": facts, ops, devices, signatures; kinds: op, device, shapes; kinds of rows;
// durations; steps.
constexpr const char* kOneRow = "00  01 01 61  00  00  01 00 00 00 00 00 00  00 00  01 00 00  00 00";

const BadContents kBadRows[] = {
    {"facts", "80 02", "byte 56: expected facts of at most 255, found 256"},
    {"a number without end", "80", "byte 56: expected a number, found the end of the chunk"},
    {"a number of 71 bits", "80 80 80 80 80 80 80 80 80 80 01", "byte 56: expected a number of 64 bits, found more"},
    {"a number of 65 bits", "80 80 80 80 80 80 80 80 80 02", "byte 56: expected a number of 64 bits, found more"},
    {"more ops than rows", "00 02", "byte 57: expected at most 1 ops, found 2"},
    {"a long name", "00 01 81 80 40", "byte 58: expected at most 1048576 bytes in a name, found 1048577"},
    {"half a name", "00 01 05 61", "byte 59: expected 5 bytes of a name, found 1 left in the chunk"},
    {"more devices than rows", "00 01 01 61 02", "byte 60: expected at most 1 devices, found 2"},
    {"more signatures than rows", "00 01 01 61 00 02", "byte 61: expected at most 1 signatures, found 2"},
    {"large elements", "00 01 01 61 00 01 80 80 80 80 10",
     "byte 62: expected at most 4294967295 bytes in an element, found 4294967296"},
    {"many inputs", "00 01 01 61 00 01 08 81 80 04", "byte 63: expected at most 65536 input shapes, found 65537"},
    {"two outputs", "00 01 01 61 00 01 08 00 02", "byte 64: expected at most 1 output shapes, found 2"},
    {"a rank beyond the limit", "00 01 01 61 00 01 08 00 01 80 80 04",
     "byte 65: expected at most 65535 dimensions, found 65536"},
    {"more kinds than rows", "00 01 01 61 00 00 02", "byte 62: expected at most 1 kinds, found 2"},
    {"no ops", "00 00 00 00 01", "byte 61: expected at least one op, found 0"},
    {"no kinds", "00 01 01 61 00 00 00 00 00", "byte 62: expected at least one kind, found 0"},
    {"an op that is not there", "00 01 01 61 00 00 01 00 02",
     "byte 63: expected numbers of ops of at most 0, found 1"},
    {"a device that is not there", "00 01 01 61 00 00 01 00 00 00 02",
     "byte 65: expected numbers of devices of at most 0, found 1"},
    {"shapes that are not there", "00 01 01 61 00 00 01 00 00 00 00 00 04",
     "byte 67: expected numbers of signatures of at most 1, found 2"},
    {"a width of 65", "00 01 01 61 00 00 01 41 00", "byte 63: expected a width of at most 64 bits, found 65"},
    {"a block cut short", "00 01 01 61 00 00 01 10 00 00",
     "byte 65: expected 2 bytes of values, found 1 left in the chunk"},
    {"a thread of 33 bits", "08 01 01 61 00 00 01 00 00 00 00 00 00 00 80 80 80 80 20",
     "byte 69: expected threads of at most 4294967295, found 4294967296"},
    {"a depth of 17 bits", "10 01 01 61 00 00 01 00 00 00 00 00 00 00 80 80 08",
     "byte 69: expected depths of at most 65535, found 65536"},
    {"a weight of 0", "20 01 01 61 00 00 01 00 00 00 00 00 00 00 00",
     "byte 69: expected weights of at least 1, found 0"},
    {"a kind that is not there", "00 01 01 61 00 00 01 00 00 00 00 00 00 00 02",
     "byte 69: expected numbers of kinds of at most 0, found 1"},
    {"a form of durations", "00 01 01 61 00 00 01 00 00 00 00 00 00 00 00 03",
     "byte 71: expected durations of form 0, 1 or 2, found 3"},
    {"NaN", "00 01 01 61 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 f8 7f 00 00",
     "byte 71: expected finite durations, found one that is not"},
    {"doubles cut short", "00 01 01 61 00 00 01 00 00 00 00 00 00 00 00 00 00 00",
     "byte 72: expected 8 bytes of durations, found 2 left in the chunk"},
    {"no steps", "00 01 01 61 00 00 01 00 00 00 00 00 00 00 00 01 00 00",
     "byte 74: expected 1 byte of a block's width, found 0 left in the chunk"},
    {"more begins than rows", "01 01 01 61 00 00 01 00 00 00 00 00 00 00 00 01 00 00 00 00 02",
     "byte 76: expected at most 1 rows that have it, found 2"},
    {"rows that do not ascend", "01 01 01 61 00 00 01 00 00 00 00 00 00 00 00 01 00 00 00 00 02 00 00",
     "byte 76: expected ascending numbers of rows, found others", 3},
    {"more bytes", "00 01 01 61 00 00 01 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00",
     "byte 76: expected the end of the chunk, found 2 more bytes"},
    {"no time", "01 01 01 61 00 00 01 00 00 00 00 00 00 00 00 01 00 00 00 00 01 00 ff ff ff ff ff ff ff ff ff 01",
     "byte 76: expected times, found one that stands for none"},
    {"ordered without begins", kOneRow,
     "byte 56: expected rows in (begin, thread) order, as the flags say, found others", 1, kOrdered},
    {"ordered with begins of no row", "01 01 01 61 00 00 01 00 00 00 00 00 00 00 00 01 00 00 00 00 00",
     "byte 56: expected rows in (begin, thread) order, as the flags say, found others", 1, kOrdered},
    {"begins 5 and 3", "01 01 01 61 00 00 01 00 00 00 00 00 00 00 00 01 00 00 00 00 02 02 06 02",
     "byte 56: expected rows in (begin, thread) order, as the flags say, found others", 2, kOrdered},
    {"threads 1 and 0 at 3", "09 01 01 61 00 00 02 00 00 00 00 00 00 01 02 01 01 00 02 01 00 00 00 00 02 00 06",
     "byte 56: expected rows in (begin, thread) order, as the flags say, found others", 2, kOrdered},
};

TEST(RttMalformed, SaysWhatIsWrongWithRows) {
  const Trace one = must_read_rtt(chunk_of(ChunkType::kRows, bytes_of_hex(kOneRow), 1));
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].operation(), "a");
  for (const BadContents& bad : kBadRows) {
    const Result<Trace> read = read_rtt_bytes(chunk_of(ChunkType::kRows, bytes_of_hex(bad.hex), bad.rows, bad.flags));
    ASSERT_FALSE(read.ok()) << bad.what;
    EXPECT_EQ(read.error().message, bad.message) << bad.what;
  }
}

// Ops, devices, origin, metadata, threads, folded totals, losses, open spans, categories, cost.
const BadContents kBadStates[] = {
    {"many ops", "05", "byte 56: expected at most 1 ops, found 5"},
    {"two origins", "00 00 02", "byte 58: expected at most 1 of it, found 2"},
    {"metadata twice", "00 00 00 02 01 6b 00 01 6b 00",
     "byte 63: expected each metadata key once, found \"k\" again"},
    {"threads beyond the bytes", "00 00 00 00 ff ff 7f 00", "byte 60: expected at most 512 threads, found 2097151"},
    {"an op that is not there", "00 00 00 00 00 01 00 00",
     "byte 62: expected values that folded totals may have, found 0"},
    {"a device that is not there", "00 00 00 00 00 00 01 00 00 00 02",
     "byte 65: expected values that losses may have, found 1"},
    {"a cause of the future", "00 00 00 00 00 00 01 00 00 00 00 00 c8 01",
     "byte 67: expected values that losses may have, found 100"},
    {"more bytes", "00 00 00 00 00 00 00 00 00 00 00", "byte 66: expected the end of the chunk, found 1 more bytes"},
};

TEST(RttMalformed, SaysWhatIsWrongWithAState) {
  for (const BadContents& bad : kBadStates) {
    const Result<Trace> read = read_rtt_bytes(chunk_of(ChunkType::kState, bytes_of_hex(bad.hex)));
    ASSERT_FALSE(read.ok()) << bad.what;
    EXPECT_EQ(read.error().message, bad.message) << bad.what;
  }
}

TEST(RttMalformed, SaysWhatIsWrongWithTheEnd) {
  const auto end_of = [](std::uint64_t chunks, std::uint64_t rows, double total) {
    ByteWriter out;
    out.fixed(chunks);
    out.fixed(rows);
    out.fixed(total);
    return chunk_of(ChunkType::kEnd, {reinterpret_cast<const char*>(out.bytes().data()), out.size()});
  };
  EXPECT_EQ(must_read_rtt(end_of(1, 0, 0.0)), Trace());
  EXPECT_EQ(read_rtt_bytes(end_of(2, 0, 0.0)).error().message, "byte 56: expected 1 chunks, found 2");
  EXPECT_EQ(read_rtt_bytes(end_of(1, 9, 0.0)).error().message, "byte 64: expected 0 rows, found 9");
  EXPECT_EQ(read_rtt_bytes(end_of(1, 0, 1e300 * 1e300)).error().message,
            "byte 72: expected a finite number, found inf");
  EXPECT_EQ(read_rtt_bytes(end_of(1, 0, 0.0) + "x").error().message,
            "byte 80: expected the end of the file, found more");
}

TEST(RttMalformed, TakesNoMemoryForWhatAHeaderAnnouncesBeyondTheLimit) {
  ChunkHeader header;
  header.stored_bytes = header.content_bytes = 600'000;
  const std::string file = sealed(header, kEmptyState);
  const Result<Trace> refused = read_rtt_bytes(file + std::string(600'000, 'x'), {1'000'000});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(refused.error().message,
            "byte 0: expected a trace within 1000000 bytes of memory (RttLimits::max_memory), found more");
  EXPECT_EQ(read_rtt_bytes(file).error().message, "byte 0: expected a whole .rtt chunk, found the end of the file");
}

// A state of one chunk: `before`, so many entries of so many names, and `after`.
std::string state_of(std::string_view before, std::uint32_t count, int names, std::string_view after) {
  ByteWriter out;
  out.append(std::as_bytes(std::span(before)));
  out.varint(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    out.name({reinterpret_cast<const char*>(&i), 3});
    for (int name = 1; name < names; ++name) out.name("");
  }
  out.append(std::as_bytes(std::span(after)));
  return chunk_of(ChunkType::kState, {reinterpret_cast<const char*>(out.bytes().data()), out.size()});
}

TEST(RttMalformed, TakesNoMemoryForNamesOfAStateBeyondTheLimit) {
  using std::string;
  constexpr std::uint32_t kCount = 200'000;  // in a file of about 1 MB, of which seven times are within the limit
  for (const string& file :
       {state_of("", kCount, 1, string(9, '\0')), state_of(string(1, '\0'), kCount, 1, string(8, '\0')),
        state_of(string(3, '\0'), kCount, 2, string(6, '\0'))}) {
    const Result<Trace> refused = read_rtt_bytes(file, {10'000'000});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(refused.error().message.find("expected a state within the limit of memory (RttLimits::max_memory), "
                                           "found more "),
              string::npos)
        << refused.error().message;
    EXPECT_TRUE(read_rtt_bytes(file, {60'000'000}).ok());
  }
}

TEST(RttMalformed, RefusesMoreEntriesThanTheStoredBytesOfAStateMayStandFor) {
  ByteWriter contents;
  for (int part = 0; part < 6; ++part) contents.varint(0);  // up to the losses
  const std::size_t at = contents.size();
  contents.varint(1'000'000);
  for (int block = 0; block < 6 * (1'000'000 / 256); ++block) contents.append(std::array<std::byte, 2>{});
  for (int list = 0; list < 3; ++list) contents.varint(0);
  ByteWriter stored;
  ASSERT_TRUE(Compressor().pack(contents.bytes(), stored));
  ChunkHeader header;
  header.flags = kCompressed;
  header.content_bytes = static_cast<std::uint32_t>(contents.size());
  header.stored_bytes = static_cast<std::uint32_t>(stored.size());
  const Result<Trace> read =
      read_rtt_bytes(sealed(header, {reinterpret_cast<const char*>(stored.bytes().data()), stored.size()}));
  EXPECT_EQ(read.error().message, "byte 56, unpacked byte " + std::to_string(at) + ": expected at most " +
                                      std::to_string(4'096 + 64 * stored.size()) + " losses, found 1000000");
}

TEST(RttMalformed, KeepsNoNameOfAStateThatIsRefused) {
  const std::string state = write_rtt(recorded_trace(1)).chunks[0];
  ChunkHeader header = header_of(state);
  header.sequence = 1;
  const std::string bad = bytes_of_hex("01 05 67 68 6f 73 74 00 02");  // op "ghost", two origins
  header.stored_bytes = header.content_bytes = static_cast<std::uint32_t>(bad.size());
  const Result<RttSalvage> salvage = recover_rtt_bytes(state + sealed(header, bad));
  ASSERT_TRUE(salvage.ok());
  EXPECT_EQ(salvage.value().chunks_damaged, 1U);
  EXPECT_EQ(salvage.value().trace.op_names().find("ghost"), std::nullopt);
}

TEST(RttMalformed, RefusesAFrameThatUnpacksToMoreOrLessThanItsHeaderSays) {
  Trace trace;
  for (int i = 0; i < 5; ++i) trace.metadata["key " + std::to_string(i)] = std::string(10'000, 'x');
  const std::string state = write_rtt(trace, {.compress = true}).chunks[0];
  ASSERT_LT(state.size(), 2'000U);
  EXPECT_TRUE(read_rtt_bytes(state).ok());
  for (const std::int32_t more : {-40'000, -1, 1, 10'000}) {
    ChunkHeader header = header_of(state);
    header.content_bytes += static_cast<std::uint32_t>(more);
    const Result<Trace> read = read_rtt_bytes(sealed(header, state.substr(kChunkHeaderBytes)));
    ASSERT_FALSE(read.ok()) << more;
    EXPECT_EQ(read.error().message, "byte 56: expected one frame of zstd of " + std::to_string(header.content_bytes) +
                                        " bytes, found something else");
  }
}

TEST(RttMalformed, SaysWhatIsWrongWithAFile) {
  const std::string file = write_rtt(recorded_trace(10)).file();
  EXPECT_EQ(read_rtt_bytes("").error().message, "byte 0: expected a whole .rtt chunk, found the end of the file");
  EXPECT_EQ(read_rtt_bytes(std::string(60, 'x')).error().message,
            "byte 0: expected the magic of an .rtt chunk, found \"xxxxxxxx\"");
  std::string changed = file;
  changed[30] ^= 1;
  EXPECT_EQ(read_rtt_bytes(changed).error().message,
            "byte 52: expected the checksum of the chunk's header, found another");
  changed = file;
  changed[60] ^= 1;
  EXPECT_EQ(read_rtt_bytes(changed).error().message,
            "byte 56: expected the checksum of the chunk's contents, found another");
  changed = file;
  changed[8] = 2;
  const Result<Trace> newer = read_rtt_bytes(changed);
  EXPECT_EQ(newer.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(newer.error().message, "byte 8: expected version 1, found 2");
  const std::string state = write_rtt(recorded_trace(10)).chunks[0];
  EXPECT_EQ(read_rtt_bytes(state + "no chunk").error().message,
            "byte " + std::to_string(state.size()) +
                ": expected the magic of an .rtt chunk or the end of the file, found \"no chunk\"");
}

TEST(RttMalformed, RefusesAThreadOutsideTheTable) {
  RttChunks file;
  RttWriter writer(file.sink());
  Trace trace = recorded_trace(10);
  trace.threads.clear();  // rows may name any
  ASSERT_TRUE(writer.append(trace).ok());
  std::string bytes = file.chunks[1];
  ChunkHeader header = header_of(bytes);
  header.sequence = 0;
  bytes = sealed(header, bytes.substr(kChunkHeaderBytes));
  // The second chunk: a state of one thread with an empty name.
  const std::string one_thread = bytes_of_hex("00 00 00 00 01 00") + std::string(20, '\0') + std::string(5, '\0');
  ChunkHeader state;
  state.sequence = 1;
  state.rows_before = 10;
  state.stream = header.stream;
  state.stored_bytes = state.content_bytes = static_cast<std::uint32_t>(one_thread.size());
  bytes += sealed(state, one_thread);
  ByteWriter end;
  end.fixed(std::uint64_t{3});
  end.fixed(std::uint64_t{10});
  end.fixed(0.0);
  ChunkHeader last = state;
  last.type = ChunkType::kEnd;
  last.sequence = 2;
  last.stored_bytes = last.content_bytes = 24;
  bytes += sealed(last, {reinterpret_cast<const char*>(end.bytes().data()), end.size()});
  EXPECT_EQ(read_rtt_bytes(bytes).error().message, "byte 625: expected rows of threads below 1 before it, found 3");
}

TEST(RttMalformed, TakesNoMemoryForAThreadFarOutsideTheTableOfAFileWithoutItsEnd) {
  const auto peak_kib = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const std::string state =
      chunk_of(ChunkType::kState, bytes_of_hex("00 00 00 00 01 00") + std::string(25, '\0'));  // one thread
  const std::string row =
      bytes_of_hex("08 01 01 61 00 00 01 00 00 00 00 00 00 00 82 80 80 80 01 00 00 01 00 00 00 00");
  ChunkHeader header;
  header.type = ChunkType::kRows;
  header.rows = 1;
  header.sequence = 1;
  header.stored_bytes = header.content_bytes = static_cast<std::uint32_t>(row.size());
  const std::string file = state + sealed(header, row);
  const std::string message =
      "byte " + std::to_string(file.size()) + ": expected rows of threads below 1 before it, found 134217728";
  const long before = peak_kib();
  EXPECT_EQ(read_rtt_bytes(file).error().message, message);
  EXPECT_EQ(recover_rtt_bytes(file).error().message, message);
  EXPECT_LT(peak_kib() - before, 256 * 1024);  // eight bytes each of the threads up to that one are 1 GiB
}

// "0000  89 52 ...", sixteen bytes a line.
std::string hex_dump(std::string_view bytes) {
  std::string text;
  char part[16];
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at % 16 == 0) text.append(part, static_cast<std::size_t>(std::snprintf(part, sizeof part, "%04zx ", at)));
    std::snprintf(part, sizeof part, " %02x", static_cast<unsigned char>(bytes[at]));
    text += part;
    if (at % 16 == 15 || at + 1 == bytes.size()) text += '\n';
  }
  return text;
}

TEST(RttLayout, IsThatOfTheDumpInItsDescription) {
  using namespace std::chrono_literals;
  Trace trace;
  trace.origin = Origin{1s, 1'700'000'000s, "manual"};
  trace.threads.emplace_back().name = "main";
  for (int i = 0; i < 2; ++i) {
    TraceEntry entry =
        make_entry(7, "matmul").with_device("gpu:0").with_output_shape({2, 3}, 4).with_duration(1500ns);
    entry.begin = 1us + i * 2us;
    entry.thread = ThreadId{0};
    trace.add(entry);
  }
  trace.threads[0].attempted = trace.threads[0].recorded = 2;
  const std::string dump = hex_dump(write_rtt(trace).file());
  const std::string text = bytes_of(std::filesystem::path(RINGTAIL_TEST_DATA_DIR) / "../../lib/format/RTT.md");
  ASSERT_FALSE(text.empty());
  EXPECT_NE(text.find(dump), std::string::npos) << "expected in lib/format/RTT.md:\n" << dump;
}

}  // namespace
}  // namespace ringtail::inline v1
