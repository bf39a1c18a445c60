// refused: (cannot convert|no viable conversion)
#include "ringtail/base/result.h"

int use(const ringtail::Result<int>& parsed) { return parsed; }
