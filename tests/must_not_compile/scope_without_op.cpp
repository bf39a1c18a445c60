// refused: (no matching function|no matching constructor)
#include "ringtail/record/scope.h"

void begin(ringtail::Recorder& recorder) { const ringtail::Scope scope(recorder); }
