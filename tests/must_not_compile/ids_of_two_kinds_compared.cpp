// refused: (no match for .operator==|invalid operands)
#include "ringtail/base/ids.h"

bool same(ringtail::OpId op, ringtail::DeviceId device) { return op == device; }
