#include "format/token_locator.h"

namespace ringtail::inline v1 {
namespace {

constexpr bool is_between(char c) {
  switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case '{':
    case '}':
    case '[':
    case ']':
    case ':':
    case ',': return true;
    default: return false;
  }
}

}  // namespace

void TokenLocator::scan_until(const char* to) {
  for (; at_ < to; ++at_) {
    const char c = *at_;
    if (state_ == State::kEscape) {
      state_ = State::kString;
    } else if (state_ == State::kString) {
      if (c == '\\') state_ = State::kEscape;
      if (c == '"') {
        state_ = State::kBetween;
        ++closed_;
      }
    } else if (c == '"') {
      state_ = State::kString;
      if (closed_ <= accepted_) string_ = {Place::What::kString, offset_of(at_), c};
    } else if (is_between(c)) {
      state_ = State::kBetween;
    } else if (state_ == State::kBetween) {
      state_ = State::kScalar;
      scalar_ = {Place::What::kScalar, offset_of(at_), c};
    }
  }
}

void TokenLocator::end_block() {
  scan_until(end_);
  offset_ += static_cast<std::uint64_t>(end_ - begin_);
}

TokenLocator::Place TokenLocator::locate(const char* at) {
  scan_until(at);
  const bool in_string = state_ == State::kString || state_ == State::kEscape || closed_ > accepted_;
  if (in_string) return string_;
  if (state_ == State::kScalar) return scalar_;
  if (at == end_) return {Place::What::kEnd, offset_of(at), 0};
  return {Place::What::kByte, offset_of(at), *at};
}

}  // namespace ringtail::inline v1
