#include "format/rtt_source.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <istream>
#include <string>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kStepBytes = std::size_t{1} << 20U;

}  // namespace

std::span<const std::byte> RttSource::at(std::uint64_t offset, std::size_t count) {
  while (true) {
    const auto skip = static_cast<std::size_t>(std::min<std::uint64_t>(offset - base_, bytes_.size() - first_));
    first_ += skip;
    base_ += skip;
    const std::size_t held = bytes_.size() - first_;
    const bool is_there = base_ == offset && held >= count;
    if (is_there || !in_.good()) return std::span<const std::byte>(bytes_).subspan(first_, std::min(count, held));
    if (first_ != 0 && first_ >= held) {  // so a byte is moved once for each that went before it, at most
      std::memmove(bytes_.data(), bytes_.data() + first_, held);
      bytes_.resize(held);
      first_ = 0;
    }
    const std::uint64_t missing = offset - base_ + count - held;  // what nobody asked for among it
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(missing, kStepBytes));
    const std::size_t before = bytes_.size();
    bytes_.resize(before + step);
    in_.read(reinterpret_cast<char*>(bytes_.data() + before), static_cast<std::streamsize>(step));
    bytes_.resize(before + static_cast<std::size_t>(in_.gcount()));
  }
}

std::uint64_t RttSource::rows_at_end() {
  if (!in_.good()) return 0;
  const std::istream::pos_type begin = in_.tellg();
  if (begin == std::istream::pos_type(-1)) return in_.clear(), 0;  // a pipe
  std::array<std::byte, kEndChunkBytes> bytes{};
  std::uint64_t rows = 0;
  in_.seekg(-static_cast<std::streamoff>(bytes.size()), std::ios::end);
  const std::istream::pos_type end = in_.tellg();
  if (in_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()))) {
    const Result<ChunkHeader> header = parse_header(bytes, 0);
    const bool is_end = header.ok() && header.value().type == ChunkType::kEnd && end > begin;
    if (is_end) rows = header.value().rows_before;
    if (is_end && rows > static_cast<std::uint64_t>(end - begin)) rows = 0;  // about as many
  }
  in_.clear();
  in_.seekg(begin);
  return rows;
}

bool RttSource::ends_before(std::uint64_t offset) {
  const std::uint64_t read = base_ + (bytes_.size() - first_);
  if (!in_.good()) return read < offset;
  const std::istream::pos_type now = in_.tellg();
  if (now == std::istream::pos_type(-1)) return in_.clear(), false;  // a pipe
  in_.seekg(0, std::ios::end);
  const std::istream::off_type rest = in_.tellg() - now;
  in_.clear();
  in_.seekg(now);
  return rest >= 0 && read + static_cast<std::uint64_t>(rest) < offset;
}

bool RttSource::failed() const { return !in_.good() && !in_.eof(); }

Result<std::optional<RttSource::Chunk>> RttSource::read_chunk(std::uint64_t offset) {
  std::span<const std::byte> bytes = at(offset, kChunkHeaderBytes);
  if (bytes.size() < kChunkHeaderBytes) return std::optional<Chunk>();
  const Result<ChunkHeader> parsed = parse_header(bytes, offset);
  if (!parsed.ok()) return parsed.error();
  const ChunkHeader& header = parsed.value();
  const std::size_t size = kChunkHeaderBytes + header.stored_bytes;
  if (std::uint64_t{header.stored_bytes} + header.content_bytes > memory_) {
    if (ends_before(offset + size)) return std::optional<Chunk>();
    return too_large_for(memory_, offset);
  }
  bytes = at(offset, size);
  if (bytes.size() < size) return std::optional<Chunk>();
  const std::span<const std::byte> stored = bytes.subspan(kChunkHeaderBytes);
  if (!stored_crc_matches(header, stored)) {
    return error_in(header, offset, 0, "expected the checksum of the chunk's contents, found another");
  }
  if (!header.compressed()) return std::optional(Chunk{header, stored});
  if (!decompressor_.unpack(stored, header.content_bytes, unpacked_)) {
    return error_in(
        header, offset, 0,
        "expected one frame of zstd of " + std::to_string(header.content_bytes) + " bytes, found something else");
  }
  return std::optional(Chunk{header, unpacked_});
}

std::uint64_t memory_within(RttLimits limits) {
  if (limits.max_memory != 0) return limits.max_memory;
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  return static_cast<std::uint64_t>(std::max(pages, 1L)) * static_cast<std::uint64_t>(std::max(page_bytes, 1L)) / 4;
}

Error too_large_for(std::uint64_t memory, std::uint64_t offset) {
  return {ErrorCode::kUnsupported, "byte " + std::to_string(offset) + ": expected a trace within " +
                                       std::to_string(memory) +
                                       " bytes of memory (RttLimits::max_memory), found more"};
}

Error error_in(const ChunkHeader& header, std::uint64_t offset, std::size_t at, std::string_view problem,
               ErrorCode code) {
  std::string text = "byte " + std::to_string(offset + kChunkHeaderBytes + (header.compressed() ? 0 : at));
  if (header.compressed() && at != 0) text += ", unpacked byte " + std::to_string(at);
  return {code, text.append(": ").append(problem)};
}

}  // namespace ringtail::inline v1
