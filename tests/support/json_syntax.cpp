#include "tests/support/json_syntax.h"

#include <algorithm>
#include <cstddef>
#include <set>

namespace ringtail::inline v1 {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool value() {
    space();
    const bool good = take("{")   ? members()
                      : take("[") ? elements()
                      : peek('"') ? string()
                                  : take("true") || take("false") || take("null") || number();
    space();
    return good;
  }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  [[nodiscard]] bool peek(char c) const { return !rest_.empty() && rest_.front() == c; }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  void space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  bool members() {
    space();
    if (take("}")) return true;
    std::set<std::string_view> keys;
    do {
      space();
      const std::string_view before = rest_;
      if (!string() || !keys.insert(before.substr(0, before.size() - rest_.size())).second) return false;
      space();
      if (!take(":") || !value()) return false;
    } while (take(","));
    return take("}");
  }

  bool elements() {
    space();
    if (take("]")) return true;
    do {
      if (!value()) return false;
    } while (take(","));
    return take("]");
  }

  bool string() {
    if (!take("\"")) return false;
    while (!take("\"")) {
      if (rest_.empty() || static_cast<unsigned char>(rest_.front()) < 0x20) return false;
      const std::size_t length = peek('\\') ? escape_length() : 1;
      if (length == 0 || length > rest_.size()) return false;
      rest_.remove_prefix(length);
    }
    return true;
  }

  // Bytes of the escape at the front; 0 when it is none.
  [[nodiscard]] std::size_t escape_length() const {
    if (rest_.size() < 2) return 0;
    if (rest_[1] != 'u') return std::string_view("\"\\/bfnrt").find(rest_[1]) == std::string_view::npos ? 0 : 2;
    return rest_.substr(2, 4).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos ? 6 : 0;
  }

  bool digits() {
    const std::size_t count = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    rest_.remove_prefix(count);
    return count != 0;
  }

  bool number() {
    take("-");
    if (!take("0") && !digits()) return false;
    if (take(".") && !digits()) return false;
    if (!take("e") && !take("E")) return true;
    if (!take("+")) take("-");
    return digits();
  }

  std::string_view rest_;
};

}  // namespace

bool is_json(std::string_view text) {
  Reader reader(text);
  return reader.value() && reader.at_end();
}

}  // namespace ringtail::inline v1
