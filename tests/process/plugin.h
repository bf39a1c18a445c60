// tests/process/plugin.h
//
// What the two plugins of plugins_test.cpp export.
#pragma once

#include <cstdint>

#include "ringtail/record/recorder.h"

extern "C" {

// The literal that names this plugin's op.
using OpName = const char*();

// Records spans of it into the recorder it is given.
using RecordInto = void(ringtail::Recorder& recorder, int spans);

// With a session of its own, by the copy of the library that it was linked with: the spans in its trace.
using RecordAlone = std::uint64_t(int spans);
}
