// tools/ringtail/demo.h
//
// `ringtail demo` behind its command line.
#pragma once

#include <string>

#include "command.h"
#include "demo/training.h"
#include "output_file.h"

namespace ringtail::cli {

// Trains, checks, reports on `io`, and writes the trace's files into `directory`, which is made if need be.
int run_demo(demo::TrainingOptions options, const std::string& directory, Existing existing, Streams& io,
             mode_t mode = kOwnerOnly);

}  // namespace ringtail::cli
