// tests/tools/flat_json.h
//
// A JSON document as its leaves: "/spread/full_span_ns/min" to the text of the number. Strict about the
// grammar (RFC 8259), so that what it takes is what any reader takes; strings keep their escapes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ringtail::testing {

using Leaves = std::map<std::string, std::string>;

// Nothing if `text` is not one JSON value, or an object has a key twice.
[[nodiscard]] std::optional<Leaves> flat_json(std::string_view text);

}  // namespace ringtail::testing
