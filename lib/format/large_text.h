// format/large_text.h
//
// A string of hundreds of megabytes that grows by appending.
//
// Problem  Of the time to fill fresh memory, half is spent in page faults, one for each 4 KiB.
// Method   The kernel is asked for the pages of the next 4 MiB at once, within what was reserved. Measured on a text
//          of 332 MB: a third of the system time, a tenth of all that to_json takes. (Huge pages, which would do the
//          same, took half as much system time again.)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ringtail::inline v1 {

class LargeText {
 public:
  // About how large it will be; it may become larger. Without the memory for so much it grows as any string does.
  void expect(std::size_t bytes) noexcept;
  void append(std::string_view piece) {
    if (text_.size() + piece.size() > populated_) populate();
    text_.append(piece);
  }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  static constexpr std::size_t kStride = std::size_t{4} << 20U;

  void populate();

  std::string text_;
  std::size_t populated_ = kStride;  // from its start; less is not worth a call
};

}  // namespace ringtail::inline v1
