// refused: (nodiscard|unused-result)
#include "ringtail/base/result.h"

ringtail::Status flush();

void leave() { flush(); }
