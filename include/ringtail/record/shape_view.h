// ringtail/record/shape_view.h
//
// How shapes are handed to a recording call: views, so that nothing is copied while the shapes are ones already seen.
//
//     scope.shapes({{64, 32}, {32, 16}}, {64, 16}, sizeof(float));   // literals
//     scope.shapes({a.sizes(), b.sizes()}, out.sizes(), 4);          // anything contiguous of 64-bit integers
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <ranges>

#include "ringtail/base/ids.h"
#include "ringtail/trace/signatures.h"

namespace ringtail::inline v1 {

class ShapeView {
 public:
  ShapeView() = default;
  ShapeView(Dims dims) : dims_(dims) {}  // NOLINT(google-explicit-constructor): a shape is its dimensions

  // The list lives until the end of the full expression, which is all that a recording call needs.
  ShapeView(std::initializer_list<std::uint64_t> dims)  // NOLINT(google-explicit-constructor)
      : dims_(std::data(dims), dims.size()) {}

  // Signed dimensions are taken as they are; a negative one reads as a huge unsigned one.
  template <std::ranges::contiguous_range Range>
  requires(std::same_as<std::ranges::range_value_t<Range>, std::int64_t> ||
           std::same_as<std::ranges::range_value_t<Range>, std::uint64_t>)
      ShapeView(const Range& dims)  // NOLINT(google-explicit-constructor)
      : dims_(reinterpret_cast<const std::uint64_t*>(std::ranges::data(dims)), std::ranges::size(dims)) {}

  [[nodiscard]] Dims dims() const { return dims_; }

 private:
  Dims dims_;
};

using ShapeViews = std::initializer_list<ShapeView>;

// A signature that the session knows already: nothing is compared or looked up when it is recorded.
struct InternedShapes {
  ShapesId id = kNoShapes;
  std::uint64_t bytes = 0;  // of the output
};

// The word that a signature with an output begins with (see signatures.h).
[[nodiscard]] constexpr std::uint64_t first_word(std::size_t inputs, std::uint32_t element_bytes) noexcept {
  return (std::uint64_t{1} << 63U) | (std::uint64_t{inputs} << 32U) | element_bytes;
}

// True when the words at `words` are these dimensions, two by two: a branch per shape, not per dimension.
[[nodiscard]] inline bool same_dims(const std::uint64_t* words, Dims dims) noexcept {
  using Pair [[gnu::vector_size(16), gnu::aligned(8), gnu::may_alias]] = std::uint64_t;
  const std::uint64_t* other = dims.data();
  std::size_t left = dims.size();
  Pair differing{};
  for (; left >= 2; left -= 2, words += 2, other += 2) {
    differing |= *reinterpret_cast<const Pair*>(words) ^ *reinterpret_cast<const Pair*>(other);
  }
  std::uint64_t last = 0;
  if (left != 0) last = *words ^ *other;
  return (differing[0] | differing[1] | last) == 0;
}

// True when the words at `words` are what these shapes would be encoded as.
[[nodiscard, gnu::always_inline]] inline bool matches(const std::uint64_t* words, ShapeViews inputs, Dims output,
                                                      std::uint32_t element_bytes) noexcept {
  if (*words++ != first_word(inputs.size(), element_bytes)) return false;
#pragma GCC unroll 8
  for (const ShapeView& input : inputs) {
    const Dims dims = input.dims();
    if (*words++ != dims.size() || !same_dims(words, dims)) return false;
    words += dims.size();
  }
  return *words++ == output.size() && same_dims(words, output);
}

}  // namespace ringtail::inline v1
