// tools/ringtail/rtt_output.h
//
// A whole trace in the native format (ringtail/format/rtt.h), as the other formats' writers write it.
#pragma once

#include <ostream>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::cli {

Status write_rtt(const Trace& trace, std::ostream& out);
Status write_compressed_rtt(const Trace& trace, std::ostream& out);

}  // namespace ringtail::cli
