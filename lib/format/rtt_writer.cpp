#include <algorithm>
#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "format/crc32c.h"
#include "format/json_limits.h"
#include "format/rtt_layout.h"
#include "format/rtt_pack.h"
#include "format/rtt_rows.h"
#include "format/rtt_state.h"
#include "ringtail/format/rtt.h"
#include "ringtail/trace/id_index.h"

namespace ringtail::inline v1 {
namespace {

// Besides as much as the rows take, states take 40 KB a second, 3.5 GB a day.
constexpr std::uint64_t kNsPerStateByte = 25'000;
constexpr std::uint64_t kForNames = 16;              // times as much, to name a new thread
constexpr std::uint64_t kUsualPauseNs = 50'000'000;  // between batches, so that one of 2,000 bytes may go before any

// Whether the rows' order is that in which readings of several batches give them.
bool is_ordered(const Trace& rows) {
  const Trace::Columns& c = rows.columns();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::int64_t begin = c.begin_ns.at(row);
    if (begin == kNoTime) return false;
    if (row == 0) continue;
    const std::int64_t before = c.begin_ns.at(row - 1);
    if (begin < before || (begin == before && c.thread.at(row) < c.thread.at(row - 1))) return false;
  }
  return true;
}

// The latest that the batch says of the monotonic clock.
std::optional<Nanoseconds> moment_of(const Trace& batch) {
  if (!batch.origin) return std::nullopt;
  return batch.origin->later.empty() ? batch.origin->monotonic : batch.origin->later.back().monotonic;
}

// Whether a row is of a thread that the batch's table has and its first `known` entries have not.
bool names_new_thread(const Trace& batch, std::size_t known) {
  if (batch.threads.size() <= known) return false;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    const ThreadId thread = batch.columns().thread.at(row);
    if (thread != kNoThread && index_of(thread) >= known) return true;
  }
  return false;
}

}  // namespace

struct RttWriter::State {
  State(ByteSink sink, RttOptions how) : out(std::move(sink)), options(how) {}

  // The chunk whose contents stand in `chunk` behind room for its header. longest_list: of a state, else 0.
  [[nodiscard]] Status put(ChunkType type, std::uint8_t flags, std::size_t rows_in_it, std::uint64_t longest_list) {
    ByteWriter* bytes = &chunk;
    ChunkHeader header;
    header.type = type;
    header.flags = flags;
    if (chunk.size() - kChunkHeaderBytes > kMostContentBytes) {
      return Error{ErrorCode::kUnsupported, std::string(name_of(type)) + ": expected at most " +
                                                std::to_string(kMostContentBytes) + " bytes, found " +
                                                std::to_string(chunk.size() - kChunkHeaderBytes)};
    }
    header.content_bytes = static_cast<std::uint32_t>(chunk.size() - kChunkHeaderBytes);
    if (options.compress && type != ChunkType::kEnd) {
      packed.clear();
      packed.grow(kChunkHeaderBytes);
      const bool smaller = compressor.pack(chunk.bytes().subspan(kChunkHeaderBytes), packed);
      const std::size_t size = packed.size() - kChunkHeaderBytes;
      if (smaller && header.content_bytes <= most_unpacked(size) && longest_list <= most_entries_in(size)) {
        header.flags |= kCompressed;
        bytes = &packed;
      }
    }
    const std::span<const std::byte> stored = bytes->bytes().subspan(kChunkHeaderBytes);
    header.stored_bytes = static_cast<std::uint32_t>(stored.size());
    header.rows = static_cast<std::uint32_t>(rows_in_it);
    header.stream = stream;
    header.sequence = chunks;
    header.rows_before = rows;
    header.stored_crc = crc32c(stored);
    std::ranges::copy(header_bytes(header), bytes->bytes().begin());
    ++chunks;
    rows += rows_in_it;
    if (type == ChunkType::kRows) row_bytes_since_state += bytes->size();
    return out(bytes->bytes());
  }

  void begin_chunk() {
    chunk.clear();
    chunk.grow(kChunkHeaderBytes);
  }

  // Whether a state of so many bytes, another than the last one written, is worth them before the batch's rows: so
  // the file of a program that was killed knows of its hang, and a quiet program does not fill the disk.
  [[nodiscard]] bool is_worth(std::size_t bytes, const Trace& batch) const {
    if (bytes <= row_bytes_since_state) return true;
    std::uint64_t age_ns = kUsualPauseNs;
    if (const auto moment = moment_of(batch); moment && state_moment && *moment > *state_moment) {
      const auto ns = [](Nanoseconds time) { return static_cast<std::uint64_t>(time.count()); };
      age_ns = std::max(age_ns, ns(*moment) - ns(*state_moment));
    }
    const std::uint64_t worth_ns = bytes * kNsPerStateByte;
    if (age_ns >= worth_ns) return true;
    return age_ns >= worth_ns / kForNames && names_new_thread(batch, state_threads);
  }

  // The state, if it is another than before, and worth it unless it is `due`.
  [[nodiscard]] Status put_state(const Trace& trace, bool due) {
    begin_chunk();
    if (auto error = state_encoder.encode(trace, chunk)) return *std::move(error);
    const std::span<const std::byte> contents = chunk.bytes().subspan(kChunkHeaderBytes);
    if (chunks != 0) {
      if (std::ranges::equal(contents, last_state)) return Done{};
      if (!due && !is_worth(contents.size(), trace)) return Done{};
    } else {
      const std::string_view text(reinterpret_cast<const char*>(contents.data()), contents.size());
      stream = fixed_hash_of(text);
    }
    last_state.assign(contents.begin(), contents.end());
    row_bytes_since_state = 0;
    state_threads = trace.threads.size();
    state_moment = moment_of(trace);
    return put(ChunkType::kState, 0, 0, longest_list_of(trace));
  }

  [[nodiscard]] Status put_rows(const Trace& batch) {
    const std::uint8_t flags = is_ordered(batch) ? kOrdered : 0;
    for (std::size_t row = 0; row < batch.size();) {
      begin_chunk();
      const Result<std::size_t> taken = row_encoder.encode(batch, row, chunk);
      if (!taken.ok()) return taken.error();
      if (Status written = put(ChunkType::kRows, flags, taken.value(), 0); !written.ok()) return written;
      row += taken.value();
    }
    return Done{};
  }

  [[nodiscard]] Status put_end(double total_duration_us) {
    begin_chunk();
    chunk.fixed(chunks + 1);
    chunk.fixed(rows);
    chunk.fixed(total_duration_us);
    return put(ChunkType::kEnd, 0, 0, 0);
  }

  ByteSink out;
  RttOptions options;
  bool is_over = false;  // after the end, and after every error
  std::uint64_t chunks = 0;
  std::uint64_t rows = 0;
  std::uint64_t stream = 0;
  std::uint64_t row_bytes_since_state = 0;
  std::size_t state_threads = 0;  // of the last state written, as is its moment
  std::optional<Nanoseconds> state_moment;
  LargestThread largest_thread;
  RowsEncoder row_encoder;
  StateEncoder state_encoder;
  Compressor compressor;
  ByteWriter chunk;
  ByteWriter packed;
  std::vector<std::byte> last_state;
};

RttWriter::RttWriter(ByteSink out, RttOptions options) : state_(std::make_unique<State>(std::move(out), options)) {}
RttWriter::~RttWriter() = default;

Status RttWriter::append(const Trace& batch) {
  State& s = *state_;
  assert(!s.is_over && "nothing may follow finish() or an error");
  s.is_over = true;  // unless it succeeds
  if (auto error = find_unsupported_row(batch, s.rows)) return *std::move(error);
  if (auto error = find_unsupported_state(batch)) return *std::move(error);
  s.largest_thread.see(batch, s.rows);
  if (Status written = s.put_state(batch, false); !written.ok()) return written;
  if (Status written = s.put_rows(batch); !written.ok()) return written;
  s.is_over = false;
  return Done{};
}

Status RttWriter::finish(const Trace& end) {
  State& s = *state_;
  assert(!s.is_over && "nothing may follow finish() or an error");
  s.is_over = true;
  if (auto error = s.largest_thread.find_stray(end)) return *std::move(error);
  if (auto error = find_unsupported_total(end)) return *std::move(error);
  if (auto error = find_unsupported_state(end)) return *std::move(error);
  if (Status written = s.put_state(end, true); !written.ok()) return written;
  return s.put_end(end.total_duration_us);
}

}  // namespace ringtail::inline v1
