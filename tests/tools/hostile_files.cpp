// Writes the trace of the hostile names in every format into a folder, and the names, one a line in hexadecimal, for
// readers that are not ours (outputs_test.py).
#include <cstdio>
#include <fstream>
#include <string>

#include "ringtail/format/chrome.h"
#include "ringtail/format/collapsed.h"
#include "ringtail/format/csv.h"
#include "ringtail/format/json.h"
#include "tests/support/hostile_names.h"

namespace {

using namespace ringtail;

template <class Write>
bool write_to(const std::string& path, Write write) {
  std::ofstream out(path, std::ios::binary);
  return write(out).ok();
}

std::string hexadecimal(const std::string& name) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string digits;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    digits += {kHex[byte >> 4U], kHex[byte & 0xFU]};
  }
  return digits;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string(argv[1]) + "/";
  const std::vector<std::string> names = hostile_names();
  const Trace trace = hostile_named_trace(names);
  const bool written =
      write_to(folder + "trace.json", [&](std::ostream& out) { return write_json(trace, out); }) &&
      write_to(folder + "trace.chrome.json", [&](std::ostream& out) { return write_chrome(trace, out); }) &&
      write_to(folder + "trace.collapsed", [&](std::ostream& out) { return write_collapsed(trace, out); }) &&
      write_to(folder + "trace.csv", [&](std::ostream& out) { return write_csv(trace, out); }) &&
      write_to(folder + "raw.csv", [&](std::ostream& out) { return write_csv(trace, out, Formulas::kKept); }) &&
      write_to(folder + "names", [&](std::ostream& out) -> Status {
        for (const std::string& name : names) out << hexadecimal(name) << '\n';
        return Done{};
      });
  return written ? 0 : 1;
}
