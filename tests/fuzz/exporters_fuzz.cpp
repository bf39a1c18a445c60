// Traces with hostile names and numbers, through every writer: each gives a text of its format or refuses before the
// first byte, and what can be read back says the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/utf8.h"
#include "ringtail/format/chrome.h"
#include "ringtail/format/collapsed.h"
#include "ringtail/format/csv.h"
#include "ringtail/format/json.h"
#include "tests/fuzz/law.h"
#include "tests/fuzz/rtt_text.h"
#include "tests/fuzz/trace_of_bytes.h"
#include "tests/support/json_syntax.h"

namespace ringtail::inline v1 {
namespace {

using fuzz::broken;
using fuzz::require;

void require_json(const Trace& trace) {
  std::ostringstream out;
  const Status status = write_json(trace, out);
  const std::string_view written = out.view();
  require(to_json(trace) == written, "to_json gives what write_json writes", written);
  if (!status.ok()) {
    require(status.error().code == ErrorCode::kUnsupported, "only what JSON cannot say is refused");
    require(written.empty(), "nothing is written of what is refused", written);
    return;
  }
  const Result<Trace> again = read_json(written);
  if (!again.ok()) broken("what was written can be read", again.error().message + "\n" + std::string(written));
  const std::string again_written = to_json(again.value());
  // Names that are no UTF-8 come back changed, which can only move metadata to its new place in the order.
  const bool all_names_kept = written.find(kReplacementCharacter) == std::string_view::npos;
  require(again_written.size() == written.size(), "writing it again gives the same text", written);
  if (!all_names_kept) return;
  require(again_written == written, "writing it again gives the same text", written);
  require(again.value() == trace, "reading what was written gives the same trace", written);
}

void require_chrome(const Trace& trace) {
  std::ostringstream out;
  require(write_chrome(trace, out).ok(), "a Chrome trace can be written of every trace");
  require(is_json(out.view()), "a Chrome trace is JSON", out.view());
  require(is_utf8(out.view()), "a Chrome trace is UTF-8", out.view());
}

using Stack = std::pair<std::string, std::string>;  // device, op

std::set<Stack> stacks_of(const Trace& trace) {
  std::set<Stack> stacks;
  const auto add = [&](DeviceId device, OpId op) {
    stacks.emplace(trace.device(device).value_or("unknown"), trace.operation(op));
  };
  const Trace::Columns& columns = trace.columns();
  for (std::size_t row = 0; row < trace.size(); ++row) {
    if (columns.weight.at(row) != 0) add(columns.device[row], columns.op[row]);
  }
  for (const FoldedTotal& total : trace.folded) {
    if (total.count != 0 || total.extra != 0) add(total.device, total.op);
  }
  return stacks;
}

// `trace;DEVICE;OP WEIGHT`, the names escaped.
Stack stack_of(std::string_view line) {
  const std::size_t device = line.find(';') + 1;
  const std::size_t op = line.find(';', device) + 1;
  const std::size_t weight = line.rfind(' ') + 1;
  require(line.starts_with("trace;") && op != 0 && weight > op, "a line has a stack and a weight", line);
  require(line.find_first_not_of("0123456789", weight) == std::string_view::npos, "a weight is digits", line);
  const auto names = std::pair(unescape_frame(line.substr(device, op - 1 - device)),
                               unescape_frame(line.substr(op, weight - 1 - op)));
  require(names.first && names.second, "an escaped name can be read back", line);
  return {*names.first, *names.second};
}

void require_collapsed(const Trace& trace) {
  std::ostringstream out;
  require(write_collapsed(trace, out).ok(), "collapsed stacks can be written of every trace");
  std::set<Stack> stacks;
  std::string_view rest = out.view();
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    require(end != std::string_view::npos, "every line ends", rest);
    require(stacks.insert(stack_of(rest.substr(0, end))).second, "a stack is one line", out.view());
    rest.remove_prefix(end + 1);
  }
  require(stacks == stacks_of(trace), "each op of a device, and no other, is a stack", out.view());
  static_cast<void>(flamegraph_collapsed(trace));
}

// The cells of the line that `rest` begins with, which is taken off; of text, what stands in its quotes.
std::vector<std::string> take_line(std::string_view& rest) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    const char byte = rest[at];
    if (byte == '"' && quoted && rest.substr(at + 1).starts_with('"')) {
      cells.back() += rest[++at];
    } else if (byte == '"') {
      quoted = !quoted;
    } else if (byte == ',' && !quoted) {
      cells.emplace_back();
    } else if (byte == '\n' && !quoted) {
      rest.remove_prefix(at + 1);
      return cells;
    } else {
      cells.back() += byte;
    }
  }
  broken("every line ends", rest);
}

void require_csv(const Trace& trace) {
  std::ostringstream out;
  require(write_csv(trace, out).ok(), "a table can be written of every trace");
  require(is_utf8(out.view()) && out.view().find('\0') == std::string_view::npos, "a table is text", out.view());
  std::string_view rest = out.view();
  const std::vector<std::string> columns = take_line(rest);
  const auto op = static_cast<std::size_t>(std::ranges::find(columns, "operation") - columns.begin());
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const std::vector<std::string> cells = take_line(rest);
    require(cells.size() == columns.size(), "a line has a cell for each column", out.view());
    const std::string_view cell = cells[op];
    require(cell.find_first_of("=+-@\t\r\n") != 0, "a name is no formula", out.view());
    std::string name;
    append_utf8(name, trace[row].operation());
    if (name.find('\0') == std::string::npos) {
      require(cell == name || cell == "'" + name, "a name can be read back", out.view());
    }
  }
  require(rest.empty(), "a row is a line", rest);
}

void require_rtt(const Trace& trace) {
  for (const bool compress : {false, true}) {
    const Result<std::string> written = fuzz::rtt_text(trace, compress);
    if (!written.ok()) {
      require(written.error().code == ErrorCode::kUnsupported, "only what the file cannot say is refused");
      return;
    }
    const Result<Trace> again = fuzz::read_text(written.value());
    if (!again.ok()) broken("what was written can be read", again.error().message);
    require(again.value() == trace, "reading what was written gives the same trace");
  }
}

}  // namespace
}  // namespace ringtail::inline v1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringtail;
  const Trace trace = fuzz::trace_of({data, size});
  require_json(trace);
  require_chrome(trace);
  require_collapsed(trace);
  require_csv(trace);
  require_rtt(trace);
  return 0;
}
