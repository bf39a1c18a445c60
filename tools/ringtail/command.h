// tools/ringtail/command.h
//
// A command is a function: arguments (without the command's own name), streams, exit code. main.cpp lists them.
//
// Results go to `out`, progress and diagnostics to `err`. A failure is one line on `err`, from complain().
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "ringtail/base/result.h"

namespace ringtail::cli {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,  // an input, an output or a check
  kUsage = 2,   // the command line
  kLossy = 4,   // --strict, and something was lost
};

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

using Arguments = std::vector<std::string>;

struct Command {
  const char* name;
  const char* summary;  // one line, for `ringtail --help`
  int (*run)(const Arguments& arguments, Streams& io);
};

int analyze(const Arguments& arguments, Streams& io);
int bench(const Arguments& arguments, Streams& io);
int check(const Arguments& arguments, Streams& io);
int convert(const Arguments& arguments, Streams& io);
int demo(const Arguments& arguments, Streams& io);
int recover(const Arguments& arguments, Streams& io);

// "ringtail: FILE:WHERE: what was expected, what was found", and kFailed. An empty `file` is left out.
int complain(Streams& io, std::string_view file, const Error& error);

}  // namespace ringtail::cli
