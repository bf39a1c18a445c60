// ringtail/trace/id_index.h
//
// Finds the id of a value that is stored elsewhere, by the value's hash: the index half of every interning table.
//
// Shape    Open addressing with linear probing over 8-byte slots, at most three quarters full, doubled when needed.
//          The table holds ids only, so its owner may copy, move or grow the values as it likes. Half of a hash both
//          places a value and tells it from others: of a million, one in two thousand looks like another.
// Cost     find: one probe of a cache line in the usual case. insert: amortized constant, allocates when it doubles.
// Errors   insert, make_room: throw std::bad_alloc, and have changed nothing then.
// Threads  As a std::vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ringtail/trace/columns.h"

namespace ringtail::inline v1 {

// 64-bit hashes with well-mixed bits: others in every process, so that no file can have names whose hashes are equal.
[[nodiscard]] std::uint64_t hash_of(std::string_view bytes) noexcept;
[[nodiscard]] std::uint64_t hash_of(std::span<const std::uint64_t> words) noexcept;
// The same in every process. Not for tables.
[[nodiscard]] std::uint64_t fixed_hash_of(std::string_view bytes) noexcept;

class IdIndex {
 public:
  static constexpr std::uint32_t kNotFound = 0xFFFF'FFFF;

  // The id whose value has this hash and for which same(id) holds, or kNotFound.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same same) const {
    if (slots_.empty()) return kNotFound;
    const std::size_t mask = slots_.size() - 1;
    const std::uint32_t half = half_of(hash);
    for (std::size_t at = half & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.id == kNotFound) return kNotFound;
      if (slot.half == half && same(slot.id)) return slot.id;
    }
  }

  // Begins to bring near what find() and insert() will look at.
  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[half_of(hash) & (slots_.size() - 1)], 1);
  }

  // After it the next insert() does not allocate. Throws std::bad_alloc, and has changed nothing then.
  void make_room() {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
  }

  // Requires: no id with an equal value is in the index; id != kNotFound.
  void insert(std::uint64_t hash, std::uint32_t id);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct Slot {
    std::uint32_t half = 0;  // of the hash: most wrong candidates are refused without calling same()
    std::uint32_t id = kNotFound;
  };

  static std::uint32_t half_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32U); }

  void grow();

  Column<Slot> slots_;  // a power of two, or empty
  std::size_t size_ = 0;
};

}  // namespace ringtail::inline v1
