#include "tests/process/plugin.h"

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"

// Of the same length in both plugins, so that it stands at the same place.
#define PLUGIN_OP "op from plugin " PLUGIN_NAME

extern "C" __attribute__((visibility("default"))) const char* op_name() { return PLUGIN_OP; }

extern "C" __attribute__((visibility("default"))) void record_into(ringtail::Recorder& recorder, int spans) {
  for (int i = 0; i < spans; ++i) const ringtail::Scope scope(recorder, PLUGIN_OP);
}

extern "C" __attribute__((visibility("default"))) std::uint64_t record_alone(int spans) {
  ringtail::Session session;
  if (!session.start().ok()) return 0;
  for (int i = 0; i < spans; ++i) const ringtail::Scope scope(session.this_thread(), PLUGIN_OP);
  return session.take_trace().size();
}
