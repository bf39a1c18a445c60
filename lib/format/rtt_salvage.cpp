// Salvage of a damaged file.
//
// Problem  Some bytes are wrong, missing, or too many, and nobody knows which. No span may come out wrong.
// Method   A chunk counts only whole: its header's checksum, its contents' checksum and everything that decoding
//          checks must hold, and it must be of the file's stream and its numbers go on from those before, for a disk
//          may hold pieces of older files. After anything else the search goes on for the next magic, one byte behind
//          the last one found, since a length in a damaged file says nothing.
// Stream   That of the first chunk if it is whole. If not, names in it may hold another file's chunks: then the
//          stream that most bytes of whole chunks are of, none counted within what a whole header announces. With
//          none, or from a pipe, that of the first whole header.
// Why so   Chunks define the names they use, so one that is whole needs no other. What the gaps held is known from
//          the next whole header: chunks and rows are counted from the beginning of the file.
// Cost     One pass, two without a whole first chunk. Announced contents that turn out damaged are searched as well,
//          up to kMostSearched times the file, then skipped: headers that all announce the rest of the file cannot
//          make the search quadratic.
#include <algorithm>
#include <istream>
#include <optional>
#include <string_view>
#include <utility>

#include "format/rtt_assembler.h"
#include "format/rtt_source.h"
#include "format/stream_error.h"
#include "ringtail/format/rtt.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kSearchBytes = std::size_t{64} << 10U;
constexpr std::uint64_t kMostSearched = 8;

// How many bytes lie between `offset` and the next magic; with `found` false there is none, and so many bytes were
// left.
std::uint64_t distance_to_magic(RttSource& source, std::uint64_t offset, bool& found) {
  const std::string_view magic(reinterpret_cast<const char*>(kRttMagic.data()), kRttMagic.size());
  for (std::uint64_t passed = 0;;) {
    const std::span<const std::byte> bytes = source.at(offset + passed, kSearchBytes);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t at = text.find(magic);
    const bool is_last = bytes.size() < kSearchBytes;
    found = at != std::string_view::npos;
    if (found) return passed + at;
    if (is_last) return passed + bytes.size();
    passed += bytes.size() - magic.size() + 1;
  }
}

// The stream that most bytes of whole chunks are of, if any has more than all others; else one that has many. Nothing
// where no chunk is whole, or the first one, so that no vote is needed, or where `in` cannot be read twice.
std::optional<std::uint64_t> vote_for_stream(std::istream& in, std::uint64_t memory) {
  if (!in.good()) return std::nullopt;
  const std::istream::pos_type begin = in.tellg();
  if (begin == std::istream::pos_type(-1)) return in.clear(), std::nullopt;  // a pipe
  RttSource source(in, memory);
  std::optional<std::uint64_t> leader;
  std::uint64_t lead = 0;
  bool found = false;
  for (std::uint64_t offset = distance_to_magic(source, 0, found); found;
       offset += distance_to_magic(source, offset, found)) {
    const std::span<const std::byte> bytes = source.at(offset, kChunkHeaderBytes);
    if (bytes.size() < kChunkHeaderBytes) break;
    const Result<ChunkHeader> header = parse_header(bytes, offset);
    if (!header.ok()) {
      ++offset;
      continue;
    }
    const std::uint64_t size = kChunkHeaderBytes + header.value().stored_bytes;
    const Result<std::optional<RttSource::Chunk>> chunk = source.read_chunk(offset);
    if (chunk.ok() && chunk.value()) {
      const std::uint64_t stream = header.value().stream;
      if (leader == stream) {
        lead += size;
      } else if (lead >= size) {
        lead -= size;
      } else {
        leader = stream;
        lead = size - lead;
      }
      if (offset == 0) break;
    }
    offset += size;
  }
  in.clear();
  in.seekg(begin);
  return leader;
}

class Salvage {
 public:
  Salvage(std::istream& in, std::uint64_t memory)
      : stream_(vote_for_stream(in, memory)), source_(in, memory), assembler_(memory) {}

  Result<RttSalvage> run() {
    while (!result_.finished && find_magic()) {
      if (Status taken = take_chunk(); !taken.ok()) return taken.error();
    }
    if (source_.failed()) return read_failure(offset_);
    if (result_.chunks_read == 0) {
      if (newer_) return *std::move(newer_);
      return Error{ErrorCode::kMalformed, "byte 0: expected a whole .rtt chunk somewhere, found none"};
    }
    return finish();
  }

 private:
  // Goes to the next magic; false when there is none.
  bool find_magic() {
    bool found = false;
    skip(distance_to_magic(source_, offset_, found));
    return found;
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
    if (!stream_) stream_ = header.stream;
    if (header.stream != *stream_ || !comes_next(header)) return leave(1);
    const Result<std::optional<RttSource::Chunk>> read = source_.read_chunk(offset_);
    if (!read.ok() && read.error().code == ErrorCode::kUnsupported) return read.error();
    if (!read.ok()) return give_up(header, true);
    if (!read.value()) return give_up(header, false);
    if (header.sequence != next_chunk_) assembler_.note_gap();
    Status added = assembler_.add(*read.value(), offset_);
    if (!added.ok() && added.error().code == ErrorCode::kUnsupported) return added;
    if (!added.ok()) return give_up(header, true);
    const std::uint64_t gap = header.sequence - next_chunk_;
    result_.chunks_missing += gap - std::min(gap, given_up_);
    given_up_ = 0;
    next_chunk_ = header.sequence + 1;
    rows_known_ = header.rows_before + header.rows;  // no overflow: parse_header()
    ++result_.chunks_read;
    result_.finished = assembler_.has_end();
    offset_ += kChunkHeaderBytes + header.stored_bytes;
    return Done{};
  }

  // Whether the header goes on from the last chunk kept: with what chunks between them could hold.
  [[nodiscard]] bool comes_next(const ChunkHeader& header) const {
    if (header.sequence < next_chunk_ || header.rows_before < rows_known_) return false;
    const std::uint64_t missing = header.rows_before - rows_known_;
    return missing == 0 || (missing - 1) / kMostChunkRows < header.sequence - next_chunk_;
  }

  Status leave(std::uint64_t bytes) {
    skip(bytes);
    return Done{};
  }

  // A whole header whose chunk is not: what it says of rows is known even if it is the last. What it announces may
  // not be there; only then does it cost no checksum.
  Status give_up(const ChunkHeader& header, bool is_there) {
    ++result_.chunks_damaged;
    ++given_up_;
    rows_announced_ = std::max(rows_announced_, saturating_add(header.rows_before, header.rows));
    if (!is_there) return leave(1);
    const std::uint64_t size = kChunkHeaderBytes + header.stored_bytes;
    searched_ += size;
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
      result_.trace.metadata[kUnfinished] = "recovered " + std::to_string(result_.trace.size()) + " rows in " +
                                            std::to_string(result_.chunks_read) + " chunks, no end";
    }
    return std::move(result_);
  }

  std::optional<std::uint64_t> stream_;  // the file's; nothing while it is not known
  RttSource source_;
  RttAssembler assembler_;
  RttSalvage result_;
  std::optional<Error> newer_;  // the first header of a newer version
  std::uint64_t offset_ = 0;
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

}  // namespace ringtail::inline v1
