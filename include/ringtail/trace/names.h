// ringtail/trace/names.h
//
// Strings as 32-bit ids: each distinct name is stored once, by content, in the order of first appearance.
//
// Names are copied in and never kept by pointer, so the library that a literal came from may be unloaded. Any bytes
// are allowed, the empty name too. Ids count from 0 without gaps.
//
// Errors   intern throws std::bad_alloc, and has changed nothing then.
// Threads  As a std::vector. A view stays valid until the table is destroyed or assigned to.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "ringtail/trace/id_index.h"

namespace ringtail::inline v1 {

class NameTable {
 public:
  // The id of `name`, new if it was not there.
  std::uint32_t intern(std::string_view name);

  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;

  // Requires: id < size().
  [[nodiscard]] std::string_view at(std::uint32_t id) const { return names_[id]; }

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(names_.size()); }

 private:
  std::deque<std::string> names_;  // a deque: elements never move, so views of short strings stay valid
  IdIndex index_;
};

}  // namespace ringtail::inline v1
