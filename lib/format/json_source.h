// format/json_source.h
//
// Bytes that can be read at any place, by several threads: a text in memory, or an open file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringtail::inline v1 {

class JsonSource {
 public:
  explicit JsonSource(std::string_view text) : text_(text), size_(text.size()) {}
  // The descriptor stays the caller's. Requires: a regular file.
  JsonSource(int file, std::uint64_t size) : file_(file), size_(size) {}

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  // False when the file ends before or cannot be read. Requires: offset + count <= size().
  [[nodiscard]] bool read(std::uint64_t offset, char* to, std::size_t count) const;

 private:
  std::string_view text_;
  int file_ = -1;  // none: the text
  std::uint64_t size_;
};

}  // namespace ringtail::inline v1
