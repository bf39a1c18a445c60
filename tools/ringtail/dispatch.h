// tools/ringtail/dispatch.h
//
// From the program's arguments to the command they name.
#pragma once

#include <span>

#include "command.h"

namespace ringtail::cli {

// Runs the command that the first argument names. --help and --version are answered here; without a known
// command there is one line on `err` and kUsage. An exception of a command becomes one line and kFailed.
int dispatch(std::span<const Command> commands, const Arguments& arguments, Streams& io);

}  // namespace ringtail::cli
