// ringtail/record/record.h
//
// One closed span as it travels through a ring: one cache line, trivially copyable, ids instead of strings.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "ringtail/base/ids.h"

namespace ringtail::inline v1 {

// Record::flags. Bits of an unsigned 16-bit word; the upper five are the weight: 2^k spans are what the record stands
// for.
inline constexpr std::uint16_t kTimesAreNanoseconds = 1U << 0U;  // begin, end and queued are CLOCK_MONOTONIC ns
inline constexpr std::uint16_t kWasQueued = 1U << 1U;            // queued is meaningful
inline constexpr unsigned kWeightShift = 11;

// Spans that a record with these flags stands for.
[[nodiscard]] constexpr std::uint32_t weight_of(std::uint16_t flags) noexcept {
  return std::uint32_t{1} << (flags >> kWeightShift);
}

struct alignas(kCacheLineBytes) Record {
  std::uint64_t begin = 0;     // ticks of the session's clock, or ordered(nanoseconds) with kTimesAreNanoseconds
  std::uint64_t end = 0;       // as begin, and not before it
  std::uint64_t queued = 0;    // as begin; when the task was submitted
  std::uint64_t bytes = 0;     // memory of the output
  std::uint64_t step = 0;      // of the program, as set by Recorder::step
  std::uint64_t sequence = 0;  // run and number of the attempt (see InRun); a gap is that many folded spans
  OpId op{};
  DeviceId device = kNoDevice;
  ShapesId shapes = kNoShapes;
  std::uint16_t depth = 0;  // spans of the same lane that were open around it, saturated
  std::uint16_t flags = 0;
};
static_assert(sizeof(Record) == kCacheLineBytes);
static_assert(std::is_trivially_copyable_v<Record>);

// A depth as a record holds it.
[[nodiscard]] constexpr std::uint16_t saturated(std::uint32_t depth) noexcept {
  return depth < 0xFFFF ? static_cast<std::uint16_t>(depth) : std::uint16_t{0xFFFF};
}

// Signed nanoseconds as unsigned numbers of the same order, and back.
[[nodiscard]] constexpr std::uint64_t ordered(std::int64_t ns) noexcept {
  return static_cast<std::uint64_t>(ns) ^ (std::uint64_t{1} << 63U);
}
[[nodiscard]] constexpr std::int64_t from_ordered(std::uint64_t time) noexcept {
  return static_cast<std::int64_t>(time ^ (std::uint64_t{1} << 63U));
}

// A count within one run of the session (from a start to the next): the run in the upper 16 bits, the count below. A
// lane that is held over several runs needs no reset between them: a count of another run than the current one is
// none.
struct InRun {
  static constexpr unsigned kCountBits = 48;
  static constexpr std::uint64_t kMost = (std::uint64_t{1} << kCountBits) - 1;

  [[nodiscard]] static constexpr std::uint64_t first(std::uint16_t run) noexcept {
    return std::uint64_t{run} << kCountBits;
  }
  [[nodiscard]] static constexpr std::uint16_t run_of(std::uint64_t word) noexcept {
    return static_cast<std::uint16_t>(word >> kCountBits);
  }
  [[nodiscard]] static constexpr std::uint64_t count_of(std::uint64_t word, std::uint16_t run) noexcept {
    return run_of(word) == run ? word - first(run) : 0;
  }
};

// The same 64 bytes as 8-byte words: what the ring holds. Made of values in registers and stored word by word,
// straight into the ring: a record that is laid out in memory first and then copied in wider pieces waits for its own
// stores (no store forwarding across sizes), measured 10 ns per span.
struct alignas(kCacheLineBytes) RingSlot {
  std::uint64_t begin, end, queued, bytes, step, sequence, op_device, shapes_depth_flags;
};
static_assert(sizeof(RingSlot) == sizeof(Record) && std::endian::native == std::endian::little);

[[nodiscard]] constexpr std::uint64_t op_device(OpId op, DeviceId device) noexcept {
  return index_of(op) | (std::uint64_t{index_of(device)} << 32U);
}
[[nodiscard]] constexpr std::uint64_t shapes_depth_flags(ShapesId shapes, std::uint16_t depth,
                                                         std::uint16_t flags) noexcept {
  return index_of(shapes) | (std::uint64_t{depth} << 32U) | (std::uint64_t{flags} << 48U);
}

[[nodiscard]] inline RingSlot pack(const Record& record) noexcept { return std::bit_cast<RingSlot>(record); }

[[nodiscard]] inline Record unpack(const RingSlot& slot) noexcept { return std::bit_cast<Record>(slot); }

}  // namespace ringtail::inline v1
