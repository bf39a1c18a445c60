#include "format/rtt_layout.h"

#include <cstring>
#include <string>
#include <string_view>

#include "format/crc32c.h"

namespace ringtail::inline v1 {
namespace {

// Where a field begins.
enum At : std::size_t {
  kMagicAt = 0,
  kVersionAt = 8,
  kTypeAt = 10,
  kFlagsAt = 11,
  kStoredBytesAt = 12,
  kContentBytesAt = 16,
  kRowsAt = 20,
  kStreamAt = 24,
  kSequenceAt = 32,
  kRowsBeforeAt = 40,
  kStoredCrcAt = 48,
  kHeaderCrcAt = 52,
};

template <class T>
T load(std::span<const std::byte> bytes, At at) noexcept {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

bool crc_matches([[maybe_unused]] std::uint32_t expected,
                 [[maybe_unused]] std::span<const std::byte> bytes) noexcept {
#if defined(RINGTAIL_FUZZING)
  return true;  // a fuzzer would never get past it
#else
  return crc32c(bytes) == expected;
#endif
}

}  // namespace

const char* name_of(ChunkType type) noexcept {
  switch (type) {
    case ChunkType::kState: return "state";
    case ChunkType::kRows: return "rows";
    case ChunkType::kEnd: return "end";
  }
  return "unknown";
}

std::array<std::byte, kChunkHeaderBytes> header_bytes(const ChunkHeader& header) noexcept {
  std::array<std::byte, kChunkHeaderBytes> bytes{};
  const auto store = [&](At at, auto value) { std::memcpy(bytes.data() + at, &value, sizeof(value)); };
  store(kMagicAt, kRttMagic);
  store(kVersionAt, kRttVersion);
  store(kTypeAt, header.type);
  store(kFlagsAt, header.flags);
  store(kStoredBytesAt, header.stored_bytes);
  store(kContentBytesAt, header.content_bytes);
  store(kRowsAt, header.rows);
  store(kStreamAt, header.stream);
  store(kSequenceAt, header.sequence);
  store(kRowsBeforeAt, header.rows_before);
  store(kStoredCrcAt, header.stored_crc);
  store(kHeaderCrcAt, crc32c(std::span(bytes).first(kHeaderCrcAt)));
  return bytes;
}

Result<ChunkHeader> parse_header(std::span<const std::byte> bytes, std::uint64_t offset) {
  const auto refuse = [&](At at, const std::string& expected, const std::string& found,
                          ErrorCode code = ErrorCode::kMalformed) {
    return Error{code, "byte " + std::to_string(offset + at) + ": expected " + expected + ", found " + found};
  };
  if (std::memcmp(bytes.data(), kRttMagic.data(), kRttMagic.size()) != 0) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), kRttMagic.size());
    return refuse(kMagicAt, "the magic of an .rtt chunk", quoted(text));
  }
  const auto version = load<std::uint16_t>(bytes, kVersionAt);
  if (version > kRttVersion) {
    return refuse(kVersionAt, "version 1", std::to_string(version), ErrorCode::kUnsupported);
  }
  if (!crc_matches(load<std::uint32_t>(bytes, kHeaderCrcAt), bytes.first(kHeaderCrcAt))) {
    return refuse(kHeaderCrcAt, "the checksum of the chunk's header", "another");
  }
  if (version != kRttVersion) return refuse(kVersionAt, "version 1", std::to_string(version));
  ChunkHeader header;
  const auto type = load<std::uint8_t>(bytes, kTypeAt);
  header.type = static_cast<ChunkType>(type);
  header.flags = load<std::uint8_t>(bytes, kFlagsAt);
  header.stored_bytes = load<std::uint32_t>(bytes, kStoredBytesAt);
  header.content_bytes = load<std::uint32_t>(bytes, kContentBytesAt);
  header.rows = load<std::uint32_t>(bytes, kRowsAt);
  header.stream = load<std::uint64_t>(bytes, kStreamAt);
  header.sequence = load<std::uint64_t>(bytes, kSequenceAt);
  header.rows_before = load<std::uint64_t>(bytes, kRowsBeforeAt);
  header.stored_crc = load<std::uint32_t>(bytes, kStoredCrcAt);
  const bool has_rows = header.type == ChunkType::kRows;
  if (type < 1 || type > 3) return refuse(kTypeAt, "a chunk of type 1, 2 or 3", std::to_string(type));
  const int allowed = header.type == ChunkType::kEnd ? 0 : has_rows ? kCompressed | kOrdered : kCompressed;
  if ((header.flags & ~allowed) != 0) {
    return refuse(kFlagsAt, "flags that " + std::string(name_of(header.type)) + " may have",
                  std::to_string(header.flags));
  }
  if (header.content_bytes > kMostContentBytes) {
    return refuse(kContentBytesAt, "at most " + std::to_string(kMostContentBytes) + " bytes in a chunk",
                  std::to_string(header.content_bytes));
  }
  if (header.compressed() ? header.stored_bytes >= header.content_bytes
                          : header.stored_bytes != header.content_bytes) {
    return refuse(kStoredBytesAt,
                  (header.compressed() ? "less than " : "") + std::to_string(header.content_bytes) + " stored bytes",
                  std::to_string(header.stored_bytes));
  }
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  if (header.sequence == kMost) return refuse(kSequenceAt, "a number that another can follow", std::to_string(kMost));
  if (header.rows_before > kMost - kMostChunkRows) {
    return refuse(kRowsBeforeAt, "at most " + std::to_string(kMost - kMostChunkRows) + " rows before",
                  std::to_string(header.rows_before));
  }
  if (header.compressed() && header.content_bytes > most_unpacked(header.stored_bytes)) {
    return refuse(kContentBytesAt,
                  "at most " + std::to_string(most_unpacked(header.stored_bytes)) + " bytes packed into " +
                      std::to_string(header.stored_bytes),
                  std::to_string(header.content_bytes));
  }
  const bool rows_fit = has_rows ? header.rows >= 1 && header.rows <= kMostChunkRows : header.rows == 0;
  if (!rows_fit) {
    return refuse(kRowsAt, has_rows ? "1 to " + std::to_string(kMostChunkRows) + " rows" : "no rows",
                  std::to_string(header.rows));
  }
  return header;
}

bool stored_crc_matches(const ChunkHeader& header, std::span<const std::byte> stored) noexcept {
  return crc_matches(header.stored_crc, stored);
}

}  // namespace ringtail::inline v1
