#include "ringtail/trace/id_index.h"

#include <cstring>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kFirstSlots = 16;
constexpr std::uint64_t kMultiplier = 0x9E37'79B9'7F4A'7C15ULL;  // 2^64 / golden ratio, Knuth TAOCP 3, 6.4

// Folds the 128-bit product onto itself: every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ kMultiplier) * (b ^ 0xD1B5'4A32'D192'ED03ULL);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

template <class Word>
std::uint64_t load(const char* from) noexcept {
  Word word{};
  std::memcpy(&word, from, sizeof(word));
  return word;
}

}  // namespace

std::uint64_t hash_of(std::string_view bytes) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::uint64_t hash = mix(bytes.size(), kMultiplier);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left > kWord; at += kWord, left -= kWord) hash = mix(hash, load<std::uint64_t>(at));
  // The last bytes by loads of fixed sizes, which may overlap: the length is in the hash already.
  if (left == 0) return mix(hash, 0);
  if (bytes.size() >= kWord) return mix(hash, load<std::uint64_t>(at + left - kWord));
  if (left >= 4) return mix(hash, load<std::uint32_t>(at) | load<std::uint32_t>(at + left - 4) << 32U);
  return mix(hash, load<std::uint8_t>(at) | load<std::uint8_t>(at + left / 2) << 8U |
                       load<std::uint8_t>(at + left - 1) << 16U);
}

std::uint64_t hash_of(std::span<const std::uint64_t> words) noexcept {
  // Two words a product, each product with a place of its own, so that they are computed side by side (as in NH:
  // Black et al., UMAC, 1999).
  std::uint64_t sum = 0;
  std::uint64_t place = 0;
  for (; words.size() >= 2; words = words.subspan(2)) {
    place += kMultiplier;
    sum += mix(words[0] + place, words[1] - place);
  }
  return mix(sum, words.empty() ? place : place ^ (words[0] + 1));
}

void IdIndex::insert(std::uint64_t hash, std::uint32_t id) {
  make_room();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = half_of(hash) & mask;
  while (slots_[at].id != kNotFound) at = (at + 1) & mask;
  slots_[at] = {half_of(hash), id};
  ++size_;
}

void IdIndex::grow() {
  Column<Slot> larger(slots_.empty() ? kFirstSlots : slots_.size() * 2, Slot{});
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.id == kNotFound) continue;
    std::size_t at = slot.half & mask;
    while (larger[at].id != kNotFound) at = (at + 1) & mask;
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

}  // namespace ringtail::inline v1
