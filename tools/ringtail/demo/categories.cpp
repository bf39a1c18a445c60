#include "demo/categories.h"

#include "ringtail/analyze/communication.h"

namespace ringtail::demo {

std::string_view category_of(std::string_view op) {
  if (is_communication(op)) return "comm";
  if (op.ends_with(".copy")) return "memory";
  return op == "load" || op.starts_with("verify.") ? "host" : "op";
}

}  // namespace ringtail::demo
