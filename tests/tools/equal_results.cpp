#include "tests/tools/equal_results.h"

#include <cmath>
#include <cstdint>

namespace ringtail::cli {

namespace json = boost::json;

namespace {

bool equal_numbers(const json::value& a, const json::value& b) {
  if (a.is_double() != b.is_double()) return false;
  if (!a.is_double()) {
    return a.is_uint64() || b.is_uint64() ? a.to_number<std::uint64_t>() == b.to_number<std::uint64_t>()
                                          : a.as_int64() == b.as_int64();
  }
  return std::abs(a.as_double() - b.as_double()) <= 1e-12 * std::abs(b.as_double());
}

bool equal_arrays(const json::array& a, const json::array& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equal(a[i], b[i])) return false;
  }
  return true;
}

bool equal_objects(const json::object& a, const json::object& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    if (!b.contains(key) || !equal(value, b.at(key))) return false;
  }
  return true;
}

}  // namespace

bool equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.kind() != b.kind()) return false;
  if (a.is_object()) return equal_objects(a.as_object(), b.as_object());
  if (a.is_array()) return equal_arrays(a.as_array(), b.as_array());
  return a == b;
}

}  // namespace ringtail::cli
