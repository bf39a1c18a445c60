#include "ringtail/record/name_cache.h"

#include "record/registry.h"

namespace ringtail {

OpId NameCache::look_up(std::string_view name) noexcept {
  try {
    const std::uint64_t hash = hash_of(name);
    std::uint32_t at = index_.find(hash, [&](std::uint32_t i) { return known_[i].name == name; });
    if (at == IdIndex::kNotFound) {
      const Registry::InternedName interned = registry_.intern_op(name);
      if (interned.name != name) return OpId{interned.id};  // "(other)": the table is full
      at = static_cast<std::uint32_t>(known_.size());
      known_.push_back({nullptr, interned.name, OpId{interned.id}});
      index_.insert(hash, at);
    }
    slots_[slot_of(name)] = {name.data(), known_[at].name, known_[at].op};
    return known_[at].op;
  } catch (...) {
    return OpId{registry_.intern_op(name).id};
  }
}

}  // namespace ringtail
