// refused: (cannot convert|no matching|could not convert|no viable conversion)
#include <vector>

#include "ringtail/record/shape_view.h"

ringtail::ShapeView of(const std::vector<int>& dims) { return dims; }
