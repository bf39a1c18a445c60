// refused: (discards qualifiers|rvalue ref-qualifier)
#include "ringtail/trace/trace_recorder.h"

// finish() gives the trace away, so it takes a recorder that the caller gave up:
// std::move(recorder).finish().
ringtail::Trace take(ringtail::TraceRecorder& recorder) { return recorder.finish(); }
