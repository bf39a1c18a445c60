// tools/ringtail/bench/payload.h
//
// What every measured span carries: one call site of "conv2d" on "gpu:0" with two input shapes and one output
// shape of rank four, read from memory that the compiler cannot see through.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ringtail/trace/signatures.h"

namespace ringtail::overhead {

inline constexpr const char* kOpName = "conv2d";
inline constexpr const char* kDeviceName = "gpu:0";
inline constexpr std::uint32_t kElementBytes = 4;

struct Operands {
  std::array<std::uint64_t, 4> image;
  std::array<std::uint64_t, 4> weights;
  std::array<std::uint64_t, 4> output;

  [[nodiscard]] std::uint64_t output_bytes() const { return element_count(output) * kElementBytes; }
};

[[nodiscard]] constexpr Operands convolution_of(std::uint64_t batch) {
  return {{batch, 3, 224, 224}, {64, 3, 7, 7}, {batch, 64, 112, 112}};
}

// Four places with the same numbers: what a model does step after step. Mutable, so they are read at each span.
inline std::array<Operands, 4> same_operands = {convolution_of(32), convolution_of(32), convolution_of(32),
                                                convolution_of(32)};

// Four places with other numbers each: every span has other shapes than the one before.
inline std::array<Operands, 4> changing_operands = {convolution_of(8), convolution_of(16), convolution_of(24),
                                                    convolution_of(32)};

// The i-th of four operands in turn.
[[nodiscard]] inline const Operands& turn(const std::array<Operands, 4>& operands, std::size_t i) {
  return operands[i % 4];
}

// Stands for the operation's own work: the compiler must assume that all memory is read and changed.
inline void opaque() { asm volatile("" ::: "memory"); }

// Makes the compiler produce `value`.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace ringtail::overhead
