// ringtail/record/shape_cache.h
//
// A lane's memory of shape signatures, so that recording the same shapes again costs a compare.
//
// Shape    One slot per op (by its low bits) that points to its last signature; behind it a hash table of every
//          signature this lane used; behind that the session's table, which is shared and bounded, as this one
//          therefore is.
// Cost     Same shapes as the op's last time: a compare of the dimensions. Others this lane has used: copying them, a
//          hash and one look-up. Never seen: a look-up in the session under its mutex. Dropped: a look-up without it.
// Errors   When the session's table is full the answer is kDroppedShapes, with the right number of bytes.
// Threads  The lane's producer only.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "ringtail/record/shape_view.h"
#include "ringtail/trace/id_index.h"
#include "ringtail/trace/signatures.h"

namespace ringtail::inline v1 {

class Registry;

class ShapeCache {
 public:
  static constexpr std::size_t kFirstBytes =
      8 * sizeof(Dims);  // besides the object's own, before it knows any shapes

  // registry: outlives the cache.
  explicit ShapeCache(Registry& registry) : registry_(registry) {}

  // Always inline, and the views leave only by value: the array behind `inputs` then needs no memory where they are
  // constants of the call, and is not even made when nothing is recorded.
  [[nodiscard, gnu::always_inline]] InternedShapes intern(OpId op, ShapeViews inputs, Dims output,
                                                          std::uint32_t element_bytes) noexcept {
    Slot& slot = slots_[index_of(op) % kSlots];
    if (matches(slot.words, inputs, output, element_bytes)) [[likely]]
      return slot.shapes;
    if (inputs.size() >= shapes_.size() && !make_room(inputs.size() + 1)) {
      return {kDroppedShapes, saturating_multiply(element_count(output), element_bytes)};
    }
    std::size_t count = 0;
#pragma GCC unroll 8
    for (const ShapeView& input : inputs) shapes_[count++] = input.dims();
    shapes_[count] = output;
    slot = look_up(count, first_word(count, element_bytes));
    return slot.shapes;
  }

 private:
  static constexpr std::size_t kSlots = 64;
  static constexpr std::size_t kUsualShapes = kFirstBytes / sizeof(Dims);
  static constexpr std::array<std::uint64_t, 1> kNever{0};  // matches nothing: every signature has an output

  struct Slot {
    const std::uint64_t* words = kNever.data();  // of a row of the session's table, which never moves
    InternedShapes shapes;
  };
  struct Known {
    std::uint64_t hash = 0;
    const std::uint64_t* words = nullptr;  // as Slot's; null: nothing is known here
    InternedShapes shapes;
  };

  [[nodiscard]] bool make_room(std::size_t shapes) noexcept;  // in shapes_; false: no memory
  // Of shapes_: the inputs, then the output.
  [[nodiscard]] Slot look_up(std::size_t inputs, std::uint64_t first) noexcept;
  [[nodiscard]] Slot ask_session(std::size_t inputs, std::uint32_t element_bytes, std::uint64_t hash) noexcept;
  void remember(const Known& known);

  Registry& registry_;
  std::array<Slot, kSlots> slots_{};
  std::vector<Known> known_;  // open addressing, at most three quarters full; a power of two or empty
  std::size_t known_count_ = 0;
  std::vector<Dims> shapes_ = std::vector<Dims>(kUsualShapes);  // what is being looked up
  SignatureBuilder builder_;
};

}  // namespace ringtail::inline v1
