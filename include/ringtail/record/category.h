// ringtail/record/category.h
//
// Classes of spans that are switched and thinned on their own while the program runs.
//
//     const OpId reduce = session.op("all_reduce", Category::kComm);
//     session.set_rule(Category::kComm, {.shortest = 10us});    // shorter ones only in the totals
//     session.set_rule(Category::kOp, {.one_in = 64});          // one in 64, at random; the trace has the weights
//     session.set_rule(Category::kHost, {.record = false});     // a load and a branch
//
// Shape    The category is part of the op's id as recording calls take it: its upper four bits. So switching asks no
//          table. In a Trace, ids are plain positions.
// Threads  Values.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ringtail/base/clock.h"
#include "ringtail/base/ids.h"

namespace ringtail::inline v1 {

// Further ones: Session::category.
enum class Category : std::uint8_t { kOp, kComm, kMemory, kHost };

inline constexpr std::size_t kMostCategories = 16;

// What is recorded of a category. A span that is switched off or sampled out when it begins costs no clock read.
struct CategoryRule {
  bool record = true;
  // Shorter spans are folded: exact in the totals, absent from the timeline.
  Nanoseconds shortest{0};
  // One span in so many is kept, each with the same probability, with that weight: rounded up to a power of two, 2^31
  // at most. 0 is taken as 1.
  std::uint32_t one_in = 1;
  // Whether a budget may thin it further (SessionOptions::budget).
  bool governed = true;
  friend bool operator==(const CategoryRule&, const CategoryRule&) = default;
};

inline constexpr unsigned kCategoryShift = 28;
inline constexpr std::uint32_t kOpMask = (std::uint32_t{1} << kCategoryShift) - 1;

// Requires: the category is one of a session's, so below kMostCategories.
[[nodiscard]] constexpr OpId in_category(OpId op, Category category) noexcept {
  return OpId{(index_of(op) & kOpMask) | (static_cast<std::uint32_t>(category) << kCategoryShift)};
}
[[nodiscard]] constexpr unsigned category_index(OpId op) noexcept { return index_of(op) >> kCategoryShift; }
[[nodiscard]] constexpr OpId without_category(OpId op) noexcept { return OpId{index_of(op) & kOpMask}; }

// What a lane records, in one word, so that a recording call reads it once: a bit per category that is recorded, a
// bit per category that is sampled, and the session's run in the upper 16 bits.
class Switches {
 public:
  constexpr explicit Switches(std::uint64_t word) noexcept : word_(word) {}

  [[nodiscard]] constexpr bool any() const noexcept { return (word_ & 0xFFFF) != 0; }
  [[nodiscard]] constexpr bool records(OpId op) const noexcept { return (word_ >> category_index(op) & 1U) != 0; }
  [[nodiscard]] constexpr bool samples(OpId op) const noexcept {
    return (word_ >> kSampledShift >> category_index(op) & 1U) != 0;
  }
  [[nodiscard]] constexpr std::uint16_t run() const noexcept {
    return static_cast<std::uint16_t>(word_ >> kRunShift);
  }
  [[nodiscard]] constexpr std::uint64_t word() const noexcept { return word_; }

  [[nodiscard]] static constexpr Switches of(std::uint16_t recorded, std::uint16_t sampled,
                                             std::uint16_t run) noexcept {
    return Switches(std::uint64_t{recorded} | std::uint64_t{sampled} << kSampledShift |
                    std::uint64_t{run} << kRunShift);
  }

 private:
  static constexpr unsigned kSampledShift = 16;
  static constexpr unsigned kRunShift = 48;  // as in InRun

  std::uint64_t word_;
};
static_assert(kMostCategories == 16);

}  // namespace ringtail::inline v1
