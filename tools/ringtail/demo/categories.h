// tools/ringtail/demo/categories.h
//
// Which category of spans an operation of the demo belongs to.
#pragma once

#include <string_view>

namespace ringtail::demo {

// "comm" for what is_communication() takes, "memory" for copies, "host" for loading and verifying, else "op".
[[nodiscard]] std::string_view category_of(std::string_view op);

}  // namespace ringtail::demo
