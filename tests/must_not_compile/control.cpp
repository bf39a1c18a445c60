// What the other files here misuse, used as it is meant to be.
#include <cstdint>
#include <utility>
#include <vector>

#include "ringtail/base/ids.h"
#include "ringtail/base/result.h"
#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "ringtail/trace/trace.h"
#include "ringtail/trace/trace_recorder.h"

using namespace ringtail;

Result<int> parse();

int use() {
  const Result<int> parsed = parse();
  return parsed.ok() ? parsed.value() : 0;
}

bool same(OpId a, OpId b) { return a == b && index_of(a) == index_of(b); }

Trace::Row row() {
  Trace::Row row;
  row.op = OpId{0};
  row.device = DeviceId{1};
  return row;
}

Trace record() {
  TraceRecorder recorder;
  recorder.begin_op("relu");
  return std::move(recorder).finish();
}

ShapeView shape_of(const std::vector<std::int64_t>& dims) { return dims; }

Recorder moved(Session& session) {
  Recorder recorder = session.recorder("worker");
  const Scope scope(recorder, OpId{0});
  return recorder;
}
