// tests/tools/equal_results.h
//
// When two results in JSON say the same: integers and text exactly, doubles to 1e-12 relative; an integer
// is no double.
#pragma once

#include <boost/json.hpp>

namespace ringtail::cli {

[[nodiscard]] bool equal(const boost::json::value& a, const boost::json::value& b);

}  // namespace ringtail::cli
