// tests/tools/command_fixture.h
//
// Commands called as functions.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"
#include "tools/ringtail/command.h"

namespace ringtail::cli {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

template <class Command>
Outcome run(const Command& command, const std::string& standard_input = "") {
  std::istringstream in(standard_input);
  std::ostringstream out;
  std::ostringstream err;
  Streams io{in, out, err};
  Outcome outcome;
  outcome.code = command(io);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

inline Outcome run(int (*command)(const Arguments&, Streams&), const Arguments& arguments,
                   const std::string& standard_input = "") {
  return run([&](Streams& io) { return command(arguments, io); }, standard_input);
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace ringtail::cli
