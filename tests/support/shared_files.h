// tests/support/shared_files.h
//
// Files that lie beside this project rather than in it: golden traces of the reference, traces of other
// tools. A test that needs them skips, loudly, where the folder is missing.
//
//     const auto traces = shared_files("golden", ".trace.json");
//     if (traces.empty()) GTEST_SKIP() << kNoSharedFiles;
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace ringtail::inline v1 {

inline constexpr char kNoSharedFiles[] =
    "NOT TESTED: no such files under " RINGTAIL_SHARED_DIR ", which is no part of the project's own folder";

// The files of a folder of the shared files whose names end like this, by name.
inline std::vector<std::filesystem::path> shared_files(std::string_view folder, std::string_view ending) {
  std::vector<std::filesystem::path> files;
  std::error_code error;  // a missing folder is an empty one
  for (const auto& file :
       std::filesystem::directory_iterator(std::filesystem::path(RINGTAIL_SHARED_DIR) / folder, error)) {
    if (file.path().filename().string().ends_with(ending)) files.push_back(file.path());
  }
  std::ranges::sort(files);
  return files;
}

// The bytes of a file; empty if there is none.
inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace ringtail::inline v1
