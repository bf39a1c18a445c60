// tests/fuzz/law.h
//
// What a fuzzer claims of every input. A claim that fails aborts, and libFuzzer keeps the input.
#pragma once

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

}  // namespace ringtail::fuzz
