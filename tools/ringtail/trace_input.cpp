#include "trace_input.h"

#include "ringtail/format/json.h"

namespace ringtail::cli {

Result<Trace> load_trace(const std::string& name, std::istream& standard_input) {
  if (name == "-") return read_json(standard_input);
  return read_json_file(name);
}

std::string shown_name(const std::string& name) { return name == "-" ? "standard input" : name; }

}  // namespace ringtail::cli
