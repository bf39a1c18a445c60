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

namespace ringtail {

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

// True when `words` (see signatures.h) are what these shapes would be encoded as.
[[nodiscard]] inline bool matches(const std::uint64_t* words, ShapeViews inputs, Dims output,
                                  std::uint32_t element_bytes) noexcept {
  constexpr std::uint64_t kHasOutput = std::uint64_t{1} << 63U;
  if (*words++ != (kHasOutput | (std::uint64_t{inputs.size()} << 32U) | element_bytes)) return false;
  const auto same = [&words](Dims dims) {
    if (*words++ != dims.size()) return false;
    for (const std::uint64_t dim : dims) {
      if (*words++ != dim) return false;
    }
    return true;
  };
  for (const ShapeView& input : inputs) {
    if (!same(input.dims())) return false;
  }
  return same(output);
}

}  // namespace ringtail
