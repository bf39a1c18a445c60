// A function with a scope in it, for the code that the compiler makes of it.
#include "ringtail/record/scope.h"

std::uint64_t work(ringtail::Recorder& recorder, std::uint64_t x);

std::uint64_t work(ringtail::Recorder& recorder, std::uint64_t x) {
  static_cast<void>(recorder);
#if defined(WITH_SCOPE)
  RINGTAIL_SCOPE(recorder, recorder.op("work"), ringtail::kNoDevice, {{x}}, {x, x});
#endif
  return x * x;
}
