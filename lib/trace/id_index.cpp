#include "ringtail/trace/id_index.h"

#include <sys/auxv.h>

#include <cstring>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kFirstSlots = 16;

// Who knows it can give things names of one hash: a word that makes a factor 0 hides the words before it.
struct Seed {
  std::uint64_t first;
  std::uint64_t second;
};
constexpr Seed kFixed{0x9E37'79B9'7F4A'7C15ULL,  // 2^64 / golden ratio, Knuth TAOCP 3, 6.4
                      0xD1B5'4A32'D192'ED03ULL};

// Folds the 128-bit product onto itself: every input bit reaches every output bit.
std::uint64_t mix(Seed seed, std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ seed.first) * (b ^ seed.second);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// Made of the kernel's 16 random bytes for this program (getauxval(3)); not those themselves: they guard stacks.
Seed make_seed() noexcept {
  Seed random = kFixed;
  const auto at = ::getauxval(AT_RANDOM);
  const auto* const bytes = reinterpret_cast<const void*>(at);  // NOLINT(performance-no-int-to-ptr): the kernel's
  if (bytes != nullptr) std::memcpy(&random, bytes, sizeof(random));
  return {mix(kFixed, random.first, random.second), mix(kFixed, random.second, ~random.first)};
}

// Of this process; made at the first use, which may be before main().
Seed own_seed() noexcept {
  static const Seed seed = make_seed();
  return seed;
}

template <class Word>
std::uint64_t load(const char* from) noexcept {
  Word word{};
  std::memcpy(&word, from, sizeof(word));
  return word;
}

std::uint64_t hash_by(Seed seed, std::string_view bytes) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::uint64_t hash = mix(seed, bytes.size(), kFixed.first);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left > kWord; at += kWord, left -= kWord) hash = mix(seed, hash, load<std::uint64_t>(at));
  // The last bytes by loads of fixed sizes, which may overlap: the length is in the hash already.
  if (left == 0) return mix(seed, hash, 0);
  if (bytes.size() >= kWord) return mix(seed, hash, load<std::uint64_t>(at + left - kWord));
  if (left >= 4) return mix(seed, hash, load<std::uint32_t>(at) | load<std::uint32_t>(at + left - 4) << 32U);
  return mix(
      seed, hash,
      load<std::uint8_t>(at) | load<std::uint8_t>(at + left / 2) << 8U | load<std::uint8_t>(at + left - 1) << 16U);
}

}  // namespace

std::uint64_t hash_of(std::string_view bytes) noexcept { return hash_by(own_seed(), bytes); }
std::uint64_t fixed_hash_of(std::string_view bytes) noexcept { return hash_by(kFixed, bytes); }

std::uint64_t hash_of(std::span<const std::uint64_t> words) noexcept {
  // Two words a product, each product with a place of its own, so that they are computed side by side (as in NH:
  // Black et al., UMAC, 1999). Nobody knows how far two places are apart.
  const Seed seed = own_seed();
  std::uint64_t sum = 0;
  std::uint64_t place = seed.first;
  for (; words.size() >= 2; words = words.subspan(2)) {
    place += seed.second;
    sum += mix(seed, words[0] + place, words[1]);
  }
  return mix(seed, sum, words.empty() ? place : place ^ (words[0] + 1));
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
