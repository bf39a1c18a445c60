// refused: (cannot convert|cannot initialize)
#include "ringtail/base/ids.h"

ringtail::OpId first() { return 0U; }
