#include "tests/tools/flat_json.h"

#include <regex>

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

  // What the expression matches at the front.
  std::optional<std::string> token(const std::regex& form) {
    skip_blanks();
    std::cmatch match;
    const auto anchored = std::regex_constants::match_continuous;
    if (!std::regex_search(rest_.data(), rest_.data() + rest_.size(), match, form, anchored))
      return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(match.length()));
    return match.str();
  }

  std::optional<std::string> string() {
    static const std::regex form(R"re("([^"\\\x00-\x1f]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*")re");
    auto text = token(form);
    if (text) text = text->substr(1, text->size() - 2);
    return text;
  }

  bool value(const std::string& path) {
    if (take('{')) return members(path);
    if (take('[')) return elements(path);
    static const std::regex plain(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null)");
    skip_blanks();
    const auto text = rest_.starts_with('"') ? string() : token(plain);
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

std::optional<Leaves> flat_json(std::string_view text) {
  return Reader(text).document();
}

}  // namespace ringtail::testing
