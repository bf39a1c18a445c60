// tests/fuzz/law.h
//
// What a fuzzer claims of every input. A claim that fails aborts, and libFuzzer keeps the input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ringtail::fuzz {

// `found` is what there was instead, for the one who reads the report.
[[noreturn]] inline void broken(std::string_view law, std::string_view found) {
  const std::string text = "broken: " + std::string(law) + "\nfound: " + std::string(found) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);  // also behind a NUL
  std::abort();
}

inline void require(bool holds, std::string_view law, std::string_view found = {}) {
  if (!holds) broken(law, found);
}

// Of an error's message, "byte N: ...": N within the `size` bytes that were read, all printable and on one line.
inline void require_place(const std::string& message, std::size_t size) {
  require(message.starts_with("byte "), "an error says where", message);
  const std::size_t digits = std::string_view("byte ").size();
  require(std::strtoull(message.c_str() + digits, nullptr, 10) <= size, "the place is in the input", message);
  const bool printable = std::ranges::all_of(message, [](char c) { return c >= ' ' && c <= '~'; });
  require(printable, "an error is one printable line", message);
}

}  // namespace ringtail::fuzz
