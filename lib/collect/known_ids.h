// lib/collect/known_ids.h
//
// An id that came from no table of this session, or from another's, must not be looked up: its span becomes one of
// the op or device "(unknown)".
#pragma once

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

[[nodiscard]] inline bool is_known(OpId op, const Trace& trace) { return index_of(op) < trace.op_names().size(); }

[[nodiscard]] inline bool is_known(DeviceId device, const Trace& trace) {
  return device == kNoDevice || index_of(device) < trace.device_names().size();
}

[[nodiscard]] inline OpId known(OpId op, Trace& trace) {
  return is_known(op, trace) ? op : OpId{trace.op_names().intern("(unknown)")};
}

[[nodiscard]] inline DeviceId known(DeviceId device, Trace& trace) {
  if (is_known(device, trace)) return device;
  return DeviceId{trace.device_names().intern("(unknown)")};
}

}  // namespace ringtail::inline v1
