// refused: (could not convert|cannot initialize)
#include "ringtail/trace/trace.h"

ringtail::Trace::Row row() { return {.op = ringtail::DeviceId{1}}; }
