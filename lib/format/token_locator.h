// format/token_locator.h
//
// Finds where a token of a JSON text began when parsing fails in it, whatever blocks the text came in.
//
// Boost.JSON says where it stood when it failed. That place depends on how the input was cut: a literal, an escape or
// a UTF-8 sequence is checked at once when it lies whole in a block, byte by byte when it does not. The first byte of
// the token does not depend on it. So this scanner follows the text at a distance: it starts behind the last token
// that the parser is known to have accepted, and scans only the few bytes from there to the end of each block or to
// the failure, knowing no more of JSON than strings, scalars (numbers and literals) and what stands between.
//
// One catch: where the parser first looks at a cut UTF-8 sequence, the scanner may have seen its string's closing
// quote already. Hence both sides count strings; a string that was closed but never accepted is where it failed.
#pragma once

#include <cstdint>
#include <string_view>

namespace ringtail::inline v1 {

class TokenLocator {
 public:
  struct Place {
    enum class What : std::uint8_t {
      kString,  // in a string
      kScalar,  // in a number or literal
      kByte,    // at a byte between tokens, which may begin one
      kEnd,     // at the end of the block
    } what = What::kByte;
    std::uint64_t offset = 0;  // of the token's first byte, or of the byte
    char byte = 0;             // what stands there
  };

  // A block may be forgotten by its owner after end_block().
  void begin_block(std::string_view block) { begin_ = at_ = block.data(), end_ = block.data() + block.size(); }
  void end_block();

  // The parser accepted a token that ends before `end`, a place in this block.
  void accept_until(const char* end) {
    at_ = end;
    state_ = State::kBetween;
    closed_ = accepted_ = 0;
  }

  // The parser accepted a string whose place is not known.
  void accept_string() { ++accepted_; }

  [[nodiscard]] bool in_block(const char* at) const { return at >= begin_ && at < end_; }
  [[nodiscard]] std::uint64_t offset_of(const char* at) const {
    return offset_ + static_cast<std::uint64_t>(at - begin_);
  }

  // The token that the parser stood in, or the place where it stood, when it failed at `at` of this block.
  // Nothing else may be called afterwards.
  [[nodiscard]] Place locate(const char* at);

 private:
  enum class State : std::uint8_t { kBetween, kString, kEscape, kScalar };

  void scan_until(const char* to);

  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t offset_ = 0;  // of the block

  const char* at_ = nullptr;  // scanned up to here
  State state_ = State::kBetween;
  Place string_;                // the first one that was not accepted, once there is one
  Place scalar_;                // the last one
  std::uint64_t closed_ = 0;    // strings scanned to their end since accept_until()
  std::uint64_t accepted_ = 0;  // strings accepted since then
};

}  // namespace ringtail::inline v1
