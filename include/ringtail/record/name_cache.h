// ringtail/record/name_cache.h
//
// A lane's memory of op names given as strings, so that a literal at a call site costs a compare.
//
// Shape    One slot per address (hashed), with the name that stood there last; behind it a hash table of
// every name this
//          lane used; behind that the session's table.
// Errors   When the session's table is full the answer is the op "(other)".
// Threads  The lane's producer only.
//
// A slot found by address is believed only if the characters are equal as well: after a library is unloaded
// another one's names may stand at the same place.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ringtail/base/ids.h"
#include "ringtail/trace/id_index.h"

namespace ringtail {

class Registry;

class NameCache {
 public:
  // registry: outlives the cache.
  explicit NameCache(Registry& registry) : registry_(registry) {}

  [[nodiscard]] OpId intern(std::string_view name) noexcept {
    const Known& slot = slots_[slot_of(name)];
    if (slot.address == name.data() && slot.name == name) [[likely]]
      return slot.op;
    return look_up(name);
  }

 private:
  static constexpr std::size_t kSlots = 64;

  struct Known {
    const char* address = nullptr;  // where the caller's characters were; never read through
    std::string_view name;          // the session's own copy
    OpId op{};
  };

  static std::size_t slot_of(std::string_view name) noexcept {
    return (reinterpret_cast<std::uintptr_t>(name.data()) * 0x9E37'79B9'7F4A'7C15ULL) >> 58U;  // 6 bits: kSlots
  }

  OpId look_up(std::string_view name) noexcept;

  Registry& registry_;
  std::array<Known, kSlots> slots_{};
  std::vector<Known> known_;
  IdIndex index_;  // into known_
};

}  // namespace ringtail
