// tools/ringtail/commands.h
//
// All commands of the program, in the order in which its help lists them.
#pragma once

#include "command.h"

namespace ringtail::cli {

inline constexpr Command kCommands[] = {
    {"demo", "a real multi-device workload, traced, reported and exported", demo},
    {"analyze", "what a trace says, in the terminal or for programs", analyze},
    {"convert", "between file formats", convert},
    {"check", "whether a trace can be believed", check},
    {"recover", "what a crash left of a trace file", recover},
    {"bench", "what recording costs on this machine", bench},
};

}  // namespace ringtail::cli
