// ringtail/record/shape_cache.h
//
// A lane's memory of shape signatures, so that recording the same shapes again costs a compare.
//
// Shape    One slot per op (by its low bits) with the words of its last signature; behind it a hash table of every
//          signature this lane used; behind that the session's table, which is shared and bounded.
// Cost     Same shapes as the op's last time: a compare of the dimensions. Others this lane has used: encoding, a hash
//          and one look-up. Never seen, or dropped: a look-up in the session under its mutex.
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

namespace ringtail {

class Registry;

class ShapeCache {
 public:
  // registry: outlives the cache.
  explicit ShapeCache(Registry& registry) : registry_(registry) {}

  [[nodiscard]] InternedShapes intern(OpId op, ShapeViews inputs, Dims output, std::uint32_t element_bytes) noexcept {
    const Slot& slot = slots_[index_of(op) % kSlots];
    if (matches(slot.words.data(), inputs, output, element_bytes)) [[likely]]
      return slot.shapes;
    return look_up(op, inputs, output, element_bytes);
  }

 private:
  static constexpr std::size_t kSlots = 64;
  static constexpr std::size_t kSlotWords = 24;  // four shapes of rank five; longer signatures are always looked up

  struct Slot {
    std::array<std::uint64_t, kSlotWords> words{};  // words[0] == 0 matches nothing: every signature has an output
    InternedShapes shapes;
  };
  struct Known {
    std::span<const std::uint64_t> words;  // of a row of the session's table, which never moves
    InternedShapes shapes;
  };

  InternedShapes look_up(OpId op, ShapeViews inputs, Dims output, std::uint32_t element_bytes) noexcept;

  Registry& registry_;
  std::array<Slot, kSlots> slots_{};
  std::vector<Known> known_;
  IdIndex index_;  // into known_
  SignatureBuilder builder_;
};

}  // namespace ringtail
