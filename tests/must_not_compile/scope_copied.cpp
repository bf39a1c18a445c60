// refused: (use of deleted function|call to deleted constructor)
#include "ringtail/record/scope.h"

void twice(ringtail::Recorder& recorder, ringtail::OpId op) {
  const ringtail::Scope scope(recorder, op);
  const ringtail::Scope copy(scope);
}
