// Runs under strace: between two calls of getppid, which nothing else here makes, the recording thread must
// make no other system call. hot_path_syscalls.cmake reads the log.
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"

int main() {
  using namespace ringtail;
  Session session({.ring_entries = 4'096});
  const OpId op = session.op("matmul");
  const DeviceId device = session.device("gpu:0");
  if (!session.start().ok()) return 1;
  Recorder recorder = session.recorder("w");
  const auto record = [&](std::uint64_t i) {
    recorder.step(i);
    const Scope outer(recorder, "layer", device);
    const Scope scope(recorder, op, device, {{4, i % 3}, {i % 3, 2}}, {4, 2}, 4);
    recorder.complete(op, device, CompleteSpan<Ticks>{recorder.now(), recorder.now()});
  };
  for (std::uint64_t i = 0; i < 10; ++i) record(i);
  static_cast<void>(getppid());
  for (std::uint64_t i = 0; i < 100'000; ++i) record(i);
  static_cast<void>(getppid());
  const Trace trace = session.take_trace();
  std::printf("%llu spans\n", static_cast<unsigned long long>(trace.threads[0].attempted));
  return trace.threads[0].attempted == 300'030 ? 0 : 1;
}
