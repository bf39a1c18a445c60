// tools/ringtail/demo/categories.h
//
// Which category of spans an operation of the demo belongs to.
#pragma once

#include <string_view>

#include "ringtail/record/category.h"

namespace ringtail::demo {

// kComm for what is_communication() takes, kMemory for copies, kHost for loading and verifying, else kOp.
[[nodiscard]] Category category_of(std::string_view op);

}  // namespace ringtail::demo
