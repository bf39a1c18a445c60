#include "demo/categories.h"

#include "ringtail/analyze/communication.h"

namespace ringtail::demo {

Category category_of(std::string_view op) {
  if (is_communication(op)) return Category::kComm;
  if (op.ends_with(".copy")) return Category::kMemory;
  return op == "load" || op.starts_with("verify.") ? Category::kHost : Category::kOp;
}

}  // namespace ringtail::demo
