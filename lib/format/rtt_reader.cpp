#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <string>
#include <utility>

#include "format/rtt_assembler.h"
#include "format/rtt_source.h"
#include "format/stream_error.h"
#include "ringtail/format/rtt.h"

namespace ringtail::inline v1 {
namespace {

Error malformed_at(std::uint64_t offset, const std::string& expected, const std::string& found) {
  return {ErrorCode::kMalformed, "byte " + std::to_string(offset) + ": expected " + expected + ", found " + found};
}

// What is wrong with the place of a chunk among the others, if anything is. Offsets in the header: RTT.md.
std::optional<Error> find_misplaced(const ChunkHeader& header, std::uint64_t offset, std::uint64_t chunks,
                                    std::uint64_t rows, std::uint64_t stream) {
  if (chunks != 0 && header.stream != stream) {
    return malformed_at(offset + 24, "stream " + std::to_string(stream), std::to_string(header.stream));
  }
  if (header.sequence != chunks) {
    return malformed_at(offset + 32, "chunk " + std::to_string(chunks), "chunk " + std::to_string(header.sequence));
  }
  if (header.rows_before != rows) {
    return malformed_at(offset + 40, std::to_string(rows) + " rows before", std::to_string(header.rows_before));
  }
  return std::nullopt;
}

// What is there of a header at the end of a file that grows begins as one.
std::optional<Error> find_no_header(std::span<const std::byte> bytes, std::uint64_t offset) {
  const std::size_t count = std::min(bytes.size(), kRttMagic.size());
  if (std::memcmp(bytes.data(), kRttMagic.data(), count) == 0) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), count);
  return malformed_at(offset, "the magic of an .rtt chunk or the end of the file", quoted(text));
}

template <class Read>
auto with_file(const std::string& path, Read read) -> decltype(read(std::declval<std::istream&>())) {
  std::error_code ignored;  // opening says more
  if (std::filesystem::is_directory(path, ignored))
    return Error{ErrorCode::kIo, "expected a file, found a directory"};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::kIo, std::string("expected to open it, found: ") + std::strerror(errno)};
  return read(file);
}

}  // namespace

Result<Trace> read_rtt(std::istream& in, RttLimits limits) {
  const std::uint64_t memory = memory_within(limits);
  RttSource source(in, memory);
  RttAssembler assembler(memory);
  assembler.expect_rows(source.rows_at_end());
  std::uint64_t offset = 0;
  std::uint64_t chunks = 0;
  std::uint64_t stream = 0;
  while (!assembler.has_end()) {
    const Result<std::optional<RttSource::Chunk>> read = source.read_chunk(offset);
    if (source.failed()) return read_failure(offset);
    if (!read.ok()) return read.error();
    if (!read.value()) break;
    const RttSource::Chunk& chunk = *read.value();
    if (auto error = find_misplaced(chunk.header, offset, chunks, assembler.trace().size(), stream)) return *error;
    if (Status added = assembler.add(chunk, offset); !added.ok()) return added.error();
    stream = chunk.header.stream;
    ++chunks;
    offset += kChunkHeaderBytes + chunk.header.stored_bytes;
  }
  const std::span<const std::byte> rest = source.at(offset, kChunkHeaderBytes);
  if (assembler.has_end()) {
    if (!rest.empty()) return malformed_at(offset, "the end of the file", "more");
    return std::move(assembler).finish(offset);
  }
  if (auto error = find_no_header(rest, offset)) return *error;
  if (chunks == 0) return malformed_at(0, "a whole .rtt chunk", "the end of the file");
  Result<Trace> trace = std::move(assembler).finish_growing(offset);
  if (trace.ok()) {
    trace.value().metadata[kUnfinished] =
        "read " + std::to_string(trace.value().size()) + " rows in " + std::to_string(chunks) + " chunks, no end";
  }
  return trace;
}

Result<Trace> read_rtt_file(const std::string& path, RttLimits limits) {
  return with_file(path, [&](std::istream& in) { return read_rtt(in, limits); });
}

Result<RttSalvage> recover_rtt_file(const std::string& path, RttLimits limits) {
  return with_file(path, [&](std::istream& in) { return recover_rtt(in, limits); });
}

}  // namespace ringtail::inline v1
