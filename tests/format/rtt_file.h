// tests/format/rtt_file.h
//
// .rtt files in memory, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "format/crc32c.h"
#include "format/rtt_layout.h"
#include "ringtail/format/rtt.h"
#include "tests/support/hostile_trace.h"

namespace ringtail::inline v1 {

// Keeps the chunks.
struct RttChunks {
  std::vector<std::string> chunks;

  ByteSink sink() {
    return [this](std::span<const std::byte> bytes) -> Status {
      chunks.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return Done{};
    };
  }
  // The first `count` of them.
  [[nodiscard]] std::string file(std::size_t count) const {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += chunks[i];
    return bytes;
  }
  [[nodiscard]] std::string file() const { return file(chunks.size()); }
};

// A complete file of one append.
inline RttChunks write_rtt(const Trace& trace, RttOptions options = {}) {
  RttChunks written;
  RttWriter writer(written.sink(), options);
  Status status = writer.append(trace);
  if (status.ok()) status = writer.finish(trace);
  EXPECT_TRUE(status.ok()) << status.error().message;
  return written;
}

inline Result<Trace> read_rtt_bytes(const std::string& bytes, RttLimits limits = {}) {
  std::istringstream in(bytes);
  return read_rtt(in, limits);
}

inline Result<RttSalvage> recover_rtt_bytes(const std::string& bytes, RttLimits limits = {}) {
  std::istringstream in(bytes);
  return recover_rtt(in, limits);
}

inline Trace must_read_rtt(const std::string& bytes) {
  Result<Trace> trace = read_rtt_bytes(bytes);
  EXPECT_TRUE(trace.ok()) << trace.error().message;
  return trace.ok() ? std::move(trace).value() : Trace();
}

inline ChunkHeader header_of(const std::string& chunk) {
  const Result<ChunkHeader> header = parse_header(std::as_bytes(std::span(chunk)), 0);
  EXPECT_TRUE(header.ok()) << header.error().message;
  return header.ok() ? header.value() : ChunkHeader();
}

// What a session records: spans of a few kinds on four threads and devices, nested, by begin, with some queueing.
inline Trace recorded_trace(std::size_t rows, std::uint64_t seed = 1) {
  HostileTrace random(seed);
  Trace trace;
  trace.origin = Origin{Nanoseconds{5'000'000'000}, Nanoseconds{1'700'000'000'000'000'000}, "manual"};
  for (int thread = 0; thread < 4; ++thread) {
    TraceThread& account = trace.threads.emplace_back();
    account.name = "worker " + std::to_string(thread);
    account.os_id = 100 + thread;
  }
  std::int64_t begin = 1'000;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint64_t shape = random.below(200);
    const auto thread = static_cast<std::uint32_t>(random.below(4));
    begin += static_cast<std::int64_t>(random.below(40'000));
    TraceEntry entry = make_entry(row / 512, "operation " + std::to_string(shape % 24))
                           .with_device("gpu:" + std::to_string(thread))
                           .with_input_shapes({{32, 8 * (1 + shape)}, {8 * (1 + shape), 256}})
                           .with_output_shape({32, 256}, 4)
                           .with_duration(Nanoseconds{static_cast<std::int64_t>(1'000 + random.below(500'000))});
    entry.begin = Nanoseconds{begin};
    entry.thread = ThreadId{thread};
    entry.depth = static_cast<std::uint16_t>(shape % 3);
    if (random.chance(50)) entry.queue_delay = Nanoseconds{static_cast<std::int64_t>(random.below(90'000))};
    trace.add(entry);
    TraceThread& account = trace.threads[thread];
    account.recorded = ++account.attempted;
  }
  return trace;
}

// A chunk whose checksums are right.
inline std::string sealed(ChunkHeader header, std::string_view stored) {
  header.stored_crc = crc32c(std::as_bytes(std::span(stored)));
  const auto bytes = header_bytes(header);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()).append(stored);
}

// Rows [first, last) of a trace, with tables of their own and everything else the trace says.
inline Trace rtt_slice(const Trace& trace, std::size_t first, std::size_t last) {
  Trace rows;
  rows.origin = trace.origin;
  rows.threads = trace.threads;
  for (std::size_t row = first; row < last; ++row) rows.add(trace[row].to_entry());
  return rows;
}

}  // namespace ringtail::inline v1
