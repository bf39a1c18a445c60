#include "tests/layering/file_rules.h"

#include <algorithm>
#include <cctype>
#include <regex>

namespace ringtail::layering {

namespace {

constexpr std::string_view kPublic = "include/";

bool is_header(const SourceFile& file) { return file.path.ends_with(".h"); }

// Of UTF-8.
bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

// True when `text` has `word`, and not as the end of a longer path or name.
bool names(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if (at == 0) return true;
    const auto before = static_cast<unsigned char>(text[at - 1]);
    if (!std::isalnum(before) && before != '_' && before != '.' && before != '-') return true;
  }
  return false;
}

// The folder that holds a CMakeLists.txt, with its slash; empty for the top one.
std::string_view folder_of(std::string_view path) { return path.substr(0, path.rfind('/') + 1); }

// How a CMakeLists.txt would name the file: from the list's own folder, or a public header from include/.
bool lists(const SourceFile& list, std::string_view path) {
  if (path.starts_with(kPublic)) return names(list.text, path.substr(kPublic.size()));
  const std::string_view folder = folder_of(list.path);
  return path.starts_with(folder) && names(list.text, path.substr(folder.size()));
}

// Whether including `target` first is including `header`: the name as written is the end of the path.
bool is_path_to(std::string_view target, std::string_view header) {
  return header == target || header.ends_with("/" + std::string(target));
}

// The word of a section that stands behind a sentence of the line, as "Cost" in "// so. Cost     one store" and
// in "// so. Cost"; empty when there is none. "Cost: none." is a sentence.
std::string_view joined_section(std::string_view line) {
  for (const std::string_view word : {"Threads", "Cost", "Errors", "Units"}) {
    const std::string joined = ". " + std::string(word);
    if (line.ends_with(joined) || line.find(joined + ' ') != std::string_view::npos) return word;
  }
  return {};
}

// The names of the tests of gtest and of add_test, as "Suite.Name".
std::vector<std::string> tests_of(const SourceTree& tree) {
  static const std::regex gtest(R"(\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\))");
  static const std::regex other(R"((?:add_test\(\s*NAME|ringtail_python_test\()\s*([\w.]+\.\w+))");
  std::vector<std::string> tests;
  for (const SourceFile& file : tree) {
    if (!file.path.starts_with("tests/")) continue;
    const auto each = [&](const std::regex& pattern, const auto& add) {
      for (std::sregex_iterator match(file.text.begin(), file.text.end(), pattern), end; match != end; ++match)
        add(*match);
    };
    each(gtest, [&](const std::smatch& match) { tests.push_back(match.str(1) + "." + match.str(2)); });
    each(other, [&](const std::smatch& match) { tests.push_back(match.str(1)); });
  }
  return tests;
}

bool is_there(std::string_view name, const std::vector<std::string>& tests, const SourceTree& tree) {
  const bool many = name.ends_with('*');
  if (many) name.remove_suffix(1);
  const auto matches = [&](const std::string& test) { return many ? test.starts_with(name) : test == name; };
  const auto is_file = [&](const SourceFile& file) { return file.path == "tests/" + std::string(name); };
  return std::ranges::any_of(tests, matches) || std::ranges::any_of(tree, is_file);
}

}  // namespace

Complaints too_long(const SourceTree& tree) {
  Complaints complaints;
  for (const SourceFile& file : tree) {
    const std::size_t lines = lines_of(file.text).size();
    if (lines <= kMostLines) continue;
    complaints.push_back(at(file, lines) + "expected at most " + std::to_string(kMostLines) + " lines, found " +
                         std::to_string(lines));
  }
  return complaints;
}

Complaints too_wide(const SourceTree& tree) {
  Complaints complaints;
  for (const SourceFile& file : tree) {
    if (!is_header(file) && !file.path.ends_with(".cpp")) continue;
    const std::vector<std::string_view> lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string_view line = lines[i];
      const auto columns = static_cast<std::size_t>(std::ranges::count_if(line, begins_character));
      const bool is_comment = line.substr(std::min(line.find_first_not_of(' '), line.size())).starts_with("//");
      const bool may_be = (!is_comment && line.find('"') != line.npos) || line.find("://") != line.npos;
      if (columns <= kMostColumns || may_be) continue;
      complaints.push_back(at(file, i + 1) + "expected at most " + std::to_string(kMostColumns) + " columns, found " +
                           std::to_string(columns));
    }
  }
  return complaints;
}

Complaints unheaded(const SourceTree& tree) {
  Complaints complaints;
  for (const SourceFile& file : tree) {
    if (!is_header(file)) continue;
    const std::vector<std::string_view> lines = lines_of(file.text);
    if (std::find(lines.begin(), lines.end(), "#pragma once") == lines.end()) {
      complaints.push_back(at(file, 1) + "expected #pragma once, found none");
    }
    if (!file.path.starts_with(kPublic)) continue;
    const std::string expected = "// " + file.path.substr(kPublic.size());
    const std::string found(lines.empty() ? std::string_view() : lines[0]);
    if (found != expected)
      complaints.push_back(at(file, 1) + "expected \"" + expected + "\", found \"" + found + "\"");
  }
  return complaints;
}

Complaints joined_sections(const SourceTree& tree) {
  Complaints complaints;
  for (const SourceFile& file : tree) {
    if (!is_header(file) || !file.path.starts_with(kPublic)) continue;
    const std::vector<std::string_view> lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size() && lines[i].starts_with("//"); ++i) {
      const std::string word(joined_section(lines[i]));
      if (word.empty()) continue;
      complaints.push_back(at(file, i + 1) + "expected \"" + word + "\" to begin a line, found it within one");
    }
  }
  return complaints;
}

Complaints own_header_not_first(const SourceTree& tree) {
  constexpr std::string_view kLib = "lib/";
  constexpr std::string_view kSource = ".cpp";
  Complaints complaints;
  for (const SourceFile& file : tree) {
    const bool in_lib = file.path.starts_with(kLib);
    if (!file.path.ends_with(kSource) || (!in_lib && !file.path.starts_with("tools/"))) continue;
    const std::string beside = file.path.substr(0, file.path.size() - kSource.size()) + ".h";
    const SourceFile* own = find(tree, beside);
    if (in_lib && !own) own = find(tree, "include/ringtail/" + beside.substr(kLib.size()));
    if (!own) continue;
    const std::vector<Include> includes = includes_of(file.text);
    if (!includes.empty() && is_path_to(includes[0].target, own->path)) continue;
    complaints.push_back(at(file, includes.empty() ? 1 : includes[0].line) + "expected " + own->path +
                         " to be included first");
  }
  return complaints;
}

Complaints unlisted(const SourceTree& tree) {
  std::vector<const SourceFile*> cmake_lists;
  for (const SourceFile& file : tree) {
    if (file.path.ends_with("CMakeLists.txt")) cmake_lists.push_back(&file);
  }
  Complaints complaints;
  for (const SourceFile& file : tree) {
    const bool wants_listing = file.path.ends_with(".cpp") || (is_header(file) && file.path.starts_with(kPublic));
    const auto names_it = [&](const SourceFile* list) { return lists(*list, file.path); };
    if (!wants_listing || std::any_of(cmake_lists.begin(), cmake_lists.end(), names_it)) continue;
    complaints.push_back(at(file, 1) + "expected a CMakeLists.txt to name this file, found none");
  }
  return complaints;
}

Complaints unknown_tests(const SourceTree& tree) {
  static const std::regex name(R"(`([\w/]+\.[\w*]+)`)");
  Complaints complaints;
  const SourceFile* const table = find(tree, "tests/README.md");
  if (table == nullptr) return {"tests/README.md: expected it to be there"};
  const std::vector<std::string> tests = tests_of(tree);
  const std::vector<std::string_view> lines = lines_of(table->text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].starts_with('|')) continue;
    const std::string line(lines[i]);
    for (std::sregex_iterator match(line.begin(), line.end(), name), end; match != end; ++match) {
      if (is_there(match->str(1), tests, tree)) continue;
      complaints.push_back(at(*table, i + 1) + "expected a test, found no " + match->str(1));
    }
  }
  return complaints;
}

}  // namespace ringtail::layering
