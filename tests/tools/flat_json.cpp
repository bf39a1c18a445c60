#include "tests/tools/flat_json.h"

#include <algorithm>

namespace ringtail::testing {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<Leaves> document() {
    if (!value("")) return std::nullopt;
    skip_blanks();
    if (!rest_.empty()) return std::nullopt;
    return leaves_;
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The first `length` characters.
  std::string cut(std::size_t length) {
    const std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return text;
  }

  std::optional<std::string> string() {
    if (!rest_.starts_with('"')) return std::nullopt;
    for (std::size_t i = 1; i < rest_.size() && static_cast<unsigned char>(rest_[i]) >= 0x20; ++i) {
      if (rest_[i] == '"') {
        const std::string quoted = cut(i + 1);
        return quoted.substr(1, i - 1);
      }
      if (rest_[i] != '\\') continue;
      ++i;
      constexpr std::string_view kHex = "0123456789abcdefABCDEF";
      if (rest_.substr(i).starts_with('u')) {
        if (rest_.size() < i + 5 || rest_.substr(i + 1, 4).find_first_not_of(kHex) != std::string_view::npos) break;
      } else if (i >= rest_.size() || std::string_view("\"\\/bfnrt").find(rest_[i]) == std::string_view::npos) {
        break;
      }
    }
    return std::nullopt;
  }

  // How many digits stand at `at`.
  [[nodiscard]] std::size_t digits(std::size_t at) const {
    std::size_t end = at;
    while (end < rest_.size() && rest_[end] >= '0' && rest_[end] <= '9') ++end;
    return end - at;
  }

  std::optional<std::string> number() {
    std::size_t end = rest_.starts_with('-') ? 1 : 0;
    const std::size_t whole = digits(end);
    if (whole == 0 || (whole > 1 && rest_[end] == '0')) return std::nullopt;
    end += whole;
    if (rest_.substr(end).starts_with('.')) {
      const std::size_t fraction = digits(end + 1);
      if (fraction == 0) return std::nullopt;
      end += 1 + fraction;
    }
    if (end < rest_.size() && (rest_[end] == 'e' || rest_[end] == 'E')) {
      ++end;
      if (end < rest_.size() && (rest_[end] == '+' || rest_[end] == '-')) ++end;
      const std::size_t exponent = digits(end);
      if (exponent == 0) return std::nullopt;
      end += exponent;
    }
    return cut(end);
  }

  std::optional<std::string> plain() {
    for (const std::string_view word : {"true", "false", "null"}) {
      if (rest_.starts_with(word)) return cut(word.size());
    }
    return number();
  }

  bool value(const std::string& path) {
    if (take('{')) return members(path);
    if (take('[')) return elements(path);
    skip_blanks();
    const auto text = rest_.starts_with('"') ? string() : plain();
    return text && leaves_.emplace(path, *text).second;
  }

  bool members(const std::string& path) {
    if (take('}')) return true;
    do {
      skip_blanks();
      const auto key = string();
      if (!key || !take(':') || !value(path + "/" + *key)) return false;
    } while (take(','));
    return take('}');
  }

  bool elements(const std::string& path) {
    if (take(']')) return true;
    std::size_t at = 0;
    do {
      if (!value(path + "/" + std::to_string(at++))) return false;
    } while (take(','));
    return take(']');
  }

  std::string_view rest_;
  Leaves leaves_;
};

}  // namespace

std::optional<Leaves> flat_json(std::string_view text) { return Reader(text).document(); }

}  // namespace ringtail::testing
