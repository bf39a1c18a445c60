// ringtail/base/ids.h
//
// The 32-bit names of things: what a record carries instead of strings and shapes.
//
// An id is an index into the table of one session or one trace (NameTable, SignatureTable, Trace::threads);
// ids of two sessions have nothing to do with each other.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringtail::inline v1 {

enum class OpId : std::uint32_t {};      // an operation's name
enum class DeviceId : std::uint32_t {};  // a device's name
enum class ShapesId : std::uint32_t {};  // a shape signature: input shapes, output shape, element size
enum class ThreadId : std::uint32_t {};  // a thread that recorded

inline constexpr DeviceId kNoDevice{0xFFFF'FFFF};
inline constexpr ThreadId kNoThread{0xFFFF'FFFF};
inline constexpr ShapesId kNoShapes{0};       // nothing was said about shapes: no elements, no bytes
inline constexpr ShapesId kDroppedShapes{1};  // shapes were given, but the signature table was full

// The position of an id in its table.
template <class Id>
[[nodiscard]] constexpr std::uint32_t index_of(Id id) noexcept {
  return static_cast<std::uint32_t>(id);
}

inline constexpr std::size_t kCacheLineBytes = 64;

}  // namespace ringtail::inline v1
