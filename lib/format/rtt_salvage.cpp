// Salvage of a damaged file.
//
// Problem  Some bytes are wrong, missing, or too many, and nobody knows which. No span may come out wrong.
// Method   A chunk counts only whole: its header's checksum, its contents' checksum and everything that decoding checks
//          must hold, and it must be of the same stream as those before and later than they are, for a disk may hold
//          pieces of older files. After anything else the search goes on for the next magic, one byte behind the last
//          one found, since a length in a damaged file says nothing.
// Why so   Chunks define the names they use, so one that is whole needs no other. What the gaps held is known from the
//          next whole header: chunks and rows are counted from the beginning of the file.
// Cost     One pass. Announced contents that turn out damaged are searched as well, up to kMostSearched times the file:
//          headers that all announce the rest of the file cannot make the search quadratic.
#include <algorithm>
#include <cstring>
#include <istream>
#include <string_view>
#include <utility>

#include "format/rtt_assembler.h"
#include "format/rtt_source.h"
#include "ringtail/format/rtt.h"

namespace ringtail {
namespace {

constexpr std::size_t kSearchBytes = std::size_t{64} << 10U;
constexpr std::uint64_t kMostSearched = 8;

class Salvage {
 public:
  Salvage(std::istream& in, std::uint64_t memory) : source_(in, memory), assembler_(memory) {}

  Result<RttSalvage> run() {
    while (!result_.finished && find_magic()) {
      if (Status taken = take_chunk(); !taken.ok()) return taken.error();
    }
    if (source_.failed())
      return Error{ErrorCode::kIo, "byte " + std::to_string(offset_) + ": the stream refused to be read"};
    if (result_.chunks_read == 0) {
      if (newer_) return *std::move(newer_);
      return Error{ErrorCode::kMalformed, "byte 0: expected a whole .rtt chunk somewhere, found none"};
    }
    return finish();
  }

 private:
  // Goes to the next magic; false when there is none.
  bool find_magic() {
    const std::string_view magic(reinterpret_cast<const char*>(kRttMagic.data()), kRttMagic.size());
    while (true) {
      const std::span<const std::byte> bytes = source_.at(offset_, kSearchBytes);
      const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      const std::size_t at = text.find(magic);
      if (at != std::string_view::npos) return skip(at), true;
      const bool is_last = bytes.size() < kSearchBytes;
      skip(is_last ? bytes.size() : bytes.size() - magic.size() + 1);
      if (is_last) return false;
    }
  }

  void skip(std::uint64_t bytes) {
    offset_ += bytes;
    result_.bytes_skipped += bytes;
  }

  // Takes the chunk at the magic, or goes behind the magic. An error is one that no other chunk would help.
  Status take_chunk() {
    const std::span<const std::byte> bytes = source_.at(offset_, kChunkHeaderBytes);
    if (bytes.size() < kChunkHeaderBytes) return leave(1);
    const Result<ChunkHeader> parsed = parse_header(bytes, offset_);
    if (!parsed.ok()) {
      if (parsed.error().code == ErrorCode::kUnsupported && !newer_) newer_ = parsed.error();
      return leave(1);
    }
    const ChunkHeader header = parsed.value();
    if (result_.chunks_read != 0 && (header.stream != stream_ || header.sequence < next_chunk_)) return leave(1);
    const std::uint64_t size = kChunkHeaderBytes + header.stored_bytes;
    const Result<std::optional<RttSource::Chunk>> read = source_.read_chunk(offset_);
    if (!read.ok() && read.error().code == ErrorCode::kUnsupported) return read.error();
    if (!read.ok() || !read.value()) return give_up(header, size);
    if (header.sequence != next_chunk_) assembler_.note_gap();
    const Status added = assembler_.add(*read.value(), offset_);
    if (!added.ok() && added.error().code == ErrorCode::kUnsupported) return added;
    if (!added.ok()) return give_up(header, size);
    stream_ = header.stream;
    const std::uint64_t gap = header.sequence - next_chunk_;
    result_.chunks_missing += gap - std::min(gap, given_up_);
    given_up_ = 0;
    next_chunk_ = header.sequence + 1;
    rows_known_ = header.rows_before + header.rows;
    ++result_.chunks_read;
    result_.finished = assembler_.has_end();
    offset_ += size;
    return Done{};
  }

  Status leave(std::uint64_t bytes) {
    skip(bytes);
    return Done{};
  }

  // A whole header whose chunk is not: what it says of rows is known even if it is the last.
  Status give_up(const ChunkHeader& header, std::uint64_t size) {
    searched_ += size;
    ++result_.chunks_damaged;
    ++given_up_;
    rows_announced_ = std::max(rows_announced_, saturating_add(header.rows_before, header.rows));
    return leave(searched_ > kMostSearched * (offset_ + size) ? size : 1);
  }

  Result<RttSalvage> finish() {
    for (std::size_t more = 1; more != 0; skip(more)) more = source_.at(offset_, kSearchBytes).size();
    if (!result_.finished) assembler_.note_gap();
    const std::uint64_t known = result_.finished ? rows_known_ : std::max(rows_known_, rows_announced_);
    const std::uint64_t kept = assembler_.trace().size();
    result_.spans_lost = known - std::min(known, kept);
    result_.spans_lost_is_exact = result_.finished;
    const bool is_whole = result_.finished && result_.chunks_missing + result_.chunks_damaged == 0;
    Result<Trace> trace = is_whole ? std::move(assembler_).finish(offset_)
                                   : std::move(assembler_).finish_damaged(offset_, result_.spans_lost);
    if (!trace.ok()) return trace.error();
    result_.trace = std::move(trace).value();
    if (!result_.finished) {
      result_.trace.metadata[kRttUnfinished] = "recovered " + std::to_string(result_.trace.size()) + " rows in " +
                                               std::to_string(result_.chunks_read) + " chunks, no end";
    }
    return std::move(result_);
  }

  RttSource source_;
  RttAssembler assembler_;
  RttSalvage result_;
  std::optional<Error> newer_;  // the first header of a newer version
  std::uint64_t offset_ = 0;
  std::uint64_t stream_ = 0;
  std::uint64_t next_chunk_ = 0;
  std::uint64_t rows_known_ = 0;      // as the last chunk kept says
  std::uint64_t rows_announced_ = 0;  // as a damaged chunk's header says
  std::uint64_t given_up_ = 0;        // damaged chunks since the last kept
  std::uint64_t searched_ = 0;        // bytes of chunks that were given up
};

}  // namespace

Result<RttSalvage> recover_rtt(std::istream& in, RttLimits limits) {
  return Salvage(in, memory_within(limits)).run();
}

}  // namespace ringtail
