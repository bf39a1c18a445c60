// format/text_buffer.h
//
// Text that is written through a pointer, for what would spend its time in std::string::append.
//
//     char* at = text.room(20);
//     text.end_at(write_unsigned(at, n));
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace ringtail::inline v1 {

class TextBuffer {
 public:
  // Where the text goes on; `bytes` may be written there. Valid until the next call.
  [[nodiscard]] char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
    return data_.get() + size_;
  }
  // The text now ends at `end`, which is within the last room().
  void end_at(const char* end) noexcept { size_ = static_cast<std::size_t>(end - data_.get()); }

  void append(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }

  void clear() noexcept { size_ = 0; }
  [[nodiscard]] std::string_view view() const noexcept { return {data_.get(), size_}; }

 private:
  void grow(std::size_t bytes) {
    constexpr std::size_t kFirst = 4096;
    const std::size_t capacity = 2 * capacity_ + bytes + kFirst;
    std::unique_ptr<char[]> larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace ringtail::inline v1
