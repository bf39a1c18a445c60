// Is a text one JSON value? A slow obvious reader of the grammar of RFC 8259, for what exporters write.
#pragma once

#include <string_view>

namespace ringtail::inline v1 {

// Control characters in strings, numbers like 01 or NaN, anything after the value, and a key that an object has
// twice, spelled alike, are refused.
[[nodiscard]] bool is_json(std::string_view text);

}  // namespace ringtail::inline v1
