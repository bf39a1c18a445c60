// A project's sources as text, so that rules about them can be tested on small wrong trees as well as on the
// real one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ringtail::layering {

struct SourceFile {
  std::string path;  // from the project's top, with '/': lib/trace/trace.cpp
  std::string text;
};

using SourceTree = std::vector<SourceFile>;

// Broken rules, one line each: "FILE:LINE: what was expected, what was found".
using Complaints = std::vector<std::string>;

// The sources, CMake files and texts under include, lib, tools, tests and benchmarks, ordered by path; tests/data is
// left out.
[[nodiscard]] SourceTree read_source_tree(const std::filesystem::path& top);

[[nodiscard]] const SourceFile* find(const SourceTree& tree, std::string_view path);

// The lines without their newlines; text after the last newline is a line if there is any.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

// One #include: what stands between its quotes or angle brackets.
struct Include {
  std::size_t line;  // from 1
  std::string_view target;
};
[[nodiscard]] std::vector<Include> includes_of(std::string_view text);

[[nodiscard]] std::string at(const SourceFile& file, std::size_t line);

}  // namespace ringtail::layering
