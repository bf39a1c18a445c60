// tests/fuzz/law.h
//
// What a fuzzer claims of every input. A claim that fails aborts, and libFuzzer keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ringtail::fuzz {

// `found` is what there was instead, for the one who reads the report.
[[noreturn]] inline void broken(std::string_view law, std::string_view found) {
  std::fprintf(stderr, "broken: %.*s\nfound: %.*s\n", static_cast<int>(law.size()), law.data(),
               static_cast<int>(found.size()), found.data());
  std::abort();
}

inline void require(bool holds, std::string_view law, std::string_view found = {}) {
  if (!holds) broken(law, found);
}

}  // namespace ringtail::fuzz
