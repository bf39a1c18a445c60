#include "ringtail/record/shape_cache.h"

#include "record/registry.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kFirstKnown = 64;

// Of the words that the shapes are encoded as, without encoding them: a product per two dimensions, each with a place
// of its own, so that they are computed side by side (as in NH: Black et al., UMAC, 1999). What is found is compared.
std::uint64_t hash_of(std::uint64_t first, std::span<const Dims> shapes) noexcept {
  __extension__ using Wide = unsigned __int128;
  constexpr std::uint64_t kStep = 0x9E37'79B9'7F4A'7C15ULL;
  const auto folded = [](std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  };
  std::uint64_t place = first * kStep;
  std::uint64_t sum = place;
  for (const Dims dims : shapes) {
    place += kStep ^ dims.size();
    std::size_t i = 0;
    for (; i + 1 < dims.size(); i += 2) {
      sum += folded(dims[i] ^ place, dims[i + 1] ^ ~place);
      place += kStep;
    }
    if (i < dims.size()) sum += folded(dims[i] ^ place, kStep);
  }
  return folded(sum, kStep);
}

bool matches(const std::uint64_t* words, std::uint64_t first, std::span<const Dims> shapes) noexcept {
  if (*words++ != first) return false;
  for (const Dims dims : shapes) {
    if (*words++ != dims.size() || !same_dims(words, dims)) return false;
    words += dims.size();
  }
  return true;
}

}  // namespace

bool ShapeCache::make_room(std::size_t shapes) noexcept {
  try {
    shapes_.resize(shapes);
    return true;
  } catch (...) {
    return false;
  }
}

ShapeCache::Slot ShapeCache::look_up(std::size_t inputs, std::uint64_t first) noexcept {
  const std::span<const Dims> shapes(shapes_.data(), inputs + 1);
  const std::uint64_t hash = hash_of(first, shapes);
  if (!known_.empty()) {
    const std::size_t mask = known_.size() - 1;
    for (std::size_t at = hash & mask; known_[at].words != nullptr; at = (at + 1) & mask) {
      const Known& known = known_[at];
      if (known.hash == hash && matches(known.words, first, shapes)) return {known.words, known.shapes};
    }
  }
  return ask_session(inputs, static_cast<std::uint32_t>(first), hash);
}

// What cannot be remembered for want of memory is looked up again next time; where there is none even for that, the
// span is kept, its bytes are right, its shapes are dropped.
ShapeCache::Slot ShapeCache::ask_session(std::size_t inputs, std::uint32_t element_bytes,
                                         std::uint64_t hash) noexcept {
  const Dims output = shapes_[inputs];
  Slot slot{kNever.data(), {kDroppedShapes, saturating_multiply(element_count(output), element_bytes)}};
  try {
    builder_.clear();
    for (std::size_t i = 0; i < inputs; ++i) builder_.add_input(shapes_[i]);
    builder_.set_output(output);
    const Registry::InternedWords interned = registry_.intern_shapes(builder_.finish(element_bytes));
    if (interned.words.empty()) return slot;
    slot = {interned.words.data(), interned.shapes};
    remember({hash, interned.words.data(), interned.shapes});
  } catch (...) {
  }
  return slot;
}

void ShapeCache::remember(const Known& known) {
  const auto put = [](std::vector<Known>& table, const Known& row) {
    const std::size_t mask = table.size() - 1;
    std::size_t at = row.hash & mask;
    while (table[at].words != nullptr) at = (at + 1) & mask;
    table[at] = row;
  };
  if ((known_count_ + 1) * 4 > known_.size() * 3) {
    const std::size_t size = known_.empty() ? kFirstKnown : known_.size() * 2;
    MemoryBound& memory = registry_.memory();
    std::vector<Known> larger =
        memory.spend(MemoryBound::For::kLanes, size * sizeof(Known), [size] { return std::vector<Known>(size); });
    memory.give(MemoryBound::For::kLanes, known_.size() * sizeof(Known));
    for (const Known& row : known_) {
      if (row.words != nullptr) put(larger, row);
    }
    known_ = std::move(larger);
  }
  put(known_, known);
  ++known_count_;
}

}  // namespace ringtail::inline v1
