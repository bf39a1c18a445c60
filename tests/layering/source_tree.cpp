#include "tests/layering/source_tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>

namespace ringtail::layering {

namespace {

namespace fs = std::filesystem;

constexpr std::array kFolders = {"benchmarks", "include", "lib", "tests", "tools"};

bool is_source(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".h" || extension == ".cpp" || extension == ".cmake" || extension.empty() ||
         extension == ".md" || path.filename() == "CMakeLists.txt";
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

std::string_view without_leading_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text;
}

// Takes `word` off the front of `text`; false and unchanged when it does not begin so.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

SourceTree read_source_tree(const fs::path& top) {
  SourceTree tree;
  for (const char* folder : kFolders) {
    for (fs::recursive_directory_iterator entry(top / folder), end; entry != end; ++entry) {
      const std::string path = entry->path().lexically_relative(top).generic_string();
      if (path == "tests/data") {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file() && is_source(entry->path())) {
        tree.push_back({path, read_file(entry->path())});
      }
    }
  }
  std::sort(tree.begin(), tree.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return tree;
}

const SourceFile* find(const SourceTree& tree, std::string_view path) {
  const auto found = std::find_if(tree.begin(), tree.end(), [&](const auto& file) { return file.path == path; });
  return found == tree.end() ? nullptr : &*found;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> includes;
  std::size_t number = 0;
  for (std::string_view line : lines_of(text)) {
    ++number;
    line = without_leading_blanks(line);
    if (!take(line, "#")) continue;
    line = without_leading_blanks(line);
    if (!take(line, "include")) continue;
    line = without_leading_blanks(line);
    if (line.empty() || (line[0] != '"' && line[0] != '<')) continue;
    const char closing = line[0] == '<' ? '>' : '"';
    includes.push_back({number, line.substr(1, line.find(closing, 1) - 1)});
  }
  return includes;
}

std::string at(const SourceFile& file, std::size_t line) { return file.path + ":" + std::to_string(line) + ": "; }

}  // namespace ringtail::layering
