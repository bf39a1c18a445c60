// tests/support/same_numbering.h
#pragma once

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// Equal traces whose names and signatures have the same ids as well.
[[nodiscard]] inline bool same_numbering(const Trace& a, const Trace& b) {
  const auto same_names = [](const NameTable& x, const NameTable& y) {
    bool same = x.size() == y.size();
    for (std::uint32_t id = 0; same && id < x.size(); ++id) same = x.at(id) == y.at(id);
    return same;
  };
  return same_names(a.op_names(), b.op_names()) && same_names(a.device_names(), b.device_names()) &&
         a.signatures().size() == b.signatures().size() && a.columns().op == b.columns().op &&
         a.columns().device == b.columns().device && a.columns().shapes == b.columns().shapes && a == b;
}

}  // namespace ringtail::inline v1
