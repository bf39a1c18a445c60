#include "ringtail/record/name_cache.h"

#include "record/registry.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kKnownBytes = 128;  // of a name: its row, its place in the index, both while they grow

}  // namespace

std::uint32_t NameCache::look_up(std::string_view name) noexcept {
  try {
    const std::uint64_t hash = hash_of(name);
    std::uint32_t at = index_.find(hash, [&](std::uint32_t i) { return known_[i].name == name; });
    if (at == IdIndex::kNotFound) {
      const InternedName interned = (registry_.*intern_)(name);
      if (interned.name != name) return interned.id;  // "(other)": the table is full
      at = static_cast<std::uint32_t>(known_.size());
      index_.make_room();  // what may fail comes first: no name is in one half of the table only
      known_.push_back(interned);
      if (!registry_.memory().take(MemoryBound::For::kLanes, kKnownBytes)) {
        known_.pop_back();
        return interned.id;  // looked up in the session again next time
      }
      index_.insert(hash, at);
    }
    slots_[slot_of(name)] = {name.data(), known_[at]};
    return known_[at].id;
  } catch (...) {
    return (registry_.*intern_)(name).id;  // no memory to remember it
  }
}

}  // namespace ringtail::inline v1
