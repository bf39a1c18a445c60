// ringtail/record/name_cache.h
//
// A lane's memory of ops or of devices given as strings, so that a literal at a call site costs a compare.
//
// Shape    One slot per address (hashed), with the name that stood there last; behind it a hash table of every name
//          this lane used; behind that the session's table, which is shared and bounded.
// Cost     Same characters at the same address: a compare. Others this lane has used: a hash and one look-up. Never
//          seen, or without room in the session's table: a look-up in the session under its mutex.
// Errors   When the session's table is full the answer is "(other)".
// Threads  The lane's producer only.
//
// A slot found by address is believed only if the characters are equal as well: after a library is unloaded another
// one's names may stand at the same place.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ringtail/base/ids.h"
#include "ringtail/trace/id_index.h"

namespace ringtail::inline v1 {

class Registry;

// A name as the session knows it.
struct InternedName {
  std::uint32_t id = 0;
  std::string_view name;  // the session's own copy: lives as long as its registry
};

class NameCache {
 public:
  using Intern = InternedName (Registry::*)(std::string_view) noexcept;

  // registry: outlives the cache. intern: the session's table.
  NameCache(Registry& registry, Intern intern) : registry_(registry), intern_(intern) {}

  // The name's id in the session's table.
  [[nodiscard]] std::uint32_t id_of(std::string_view name) noexcept {
    const Slot& slot = slots_[slot_of(name)];
    if (slot.address == name.data() && slot.known.name == name) [[likely]]
      return slot.known.id;
    return look_up(name);
  }

 private:
  static constexpr std::size_t kSlots = 64;

  struct Slot {
    const char* address = nullptr;  // where the caller's characters were; never read through
    InternedName known;
  };

  static std::size_t slot_of(std::string_view name) noexcept {
    return (reinterpret_cast<std::uintptr_t>(name.data()) * 0x9E37'79B9'7F4A'7C15ULL) >> 58U;  // 6 bits: kSlots
  }

  std::uint32_t look_up(std::string_view name) noexcept;

  Registry& registry_;
  const Intern intern_;
  std::array<Slot, kSlots> slots_{};
  std::vector<InternedName> known_;
  IdIndex index_;  // into known_
};

}  // namespace ringtail::inline v1
