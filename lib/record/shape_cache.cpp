#include "ringtail/record/shape_cache.h"

#include <algorithm>

#include "record/registry.h"

namespace ringtail {

InternedShapes ShapeCache::look_up(OpId op, ShapeViews inputs, Dims output, std::uint32_t element_bytes) noexcept {
  try {
    builder_.clear();
    for (const ShapeView& input : inputs) builder_.add_input(input.dims());
    builder_.set_output(output);
    const std::span<const std::uint64_t> words = builder_.finish(element_bytes);
    const std::uint64_t hash = hash_of(words);
    std::uint32_t at = index_.find(hash, [&](std::uint32_t i) { return std::ranges::equal(known_[i].words, words); });
    if (at == IdIndex::kNotFound) {
      const Registry::InternedWords interned = registry_.intern_shapes(words);
      if (interned.words.empty()) return interned.shapes;
      at = static_cast<std::uint32_t>(known_.size());
      known_.push_back({interned.words, interned.shapes});
      index_.insert(hash, at);
    }
    if (words.size() <= kSlotWords) {
      Slot& slot = slots_[index_of(op) % kSlots];
      std::ranges::copy(words, slot.words.begin());
      slot.shapes = known_[at].shapes;
    }
    return known_[at].shapes;
  } catch (...) {
    // No memory to remember them: the span is kept, its bytes are right, its shapes are dropped.
    return {kDroppedShapes, saturating_multiply(element_count(output), element_bytes)};
  }
}

}  // namespace ringtail
