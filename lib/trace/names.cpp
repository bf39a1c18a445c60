#include "ringtail/trace/names.h"

namespace ringtail::inline v1 {

std::uint32_t NameTable::intern(std::string_view name) {
  const std::uint64_t hash = hash_of(name);
  const std::uint32_t found = index_.find(hash, [&](std::uint32_t id) { return names_[id] == name; });
  if (found != IdIndex::kNotFound) return found;
  const std::uint32_t id = size();
  index_.make_room();  // what may fail comes first: no name is in one half of the table only
  names_.emplace_back(name);
  index_.insert(hash, id);
  return id;
}

std::optional<std::uint32_t> NameTable::find(std::string_view name) const {
  const std::uint32_t id = index_.find(hash_of(name), [&](std::uint32_t i) { return names_[i] == name; });
  if (id == IdIndex::kNotFound) return std::nullopt;
  return id;
}

}  // namespace ringtail::inline v1
