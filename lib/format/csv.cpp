#include "ringtail/format/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "format/stream_error.h"
#include "format/utf8.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 16U;

constexpr std::string_view kColumns =
    "begin_ns,duration_us,device,operation,step,thread,depth,input_shapes,output_shape,output_elements,memory_bytes,"
    "weight,lost_before,queue_delay_ns,thread_name\n";

// The last four: full-width forms, which some spreadsheets take for the others.
constexpr std::string_view kArmed[] = {"=",  "+", "-",      "@",      "\t",     "\r",
                                       "\n", "'", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};

std::string text_cell(std::string_view text) {
  std::string cell = "\"";
  for (const char byte : text) {
    if (byte == '"') cell += '"';
    cell += byte;
  }
  return cell += '"';
}

std::string name_cell(std::string_view name, Formulas formulas) {
  const bool armed = std::ranges::any_of(kArmed, [&](std::string_view start) { return name.starts_with(start); });
  std::string text = formulas == Formulas::kDisarmed && armed ? "'" : "";
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('\0'));
    append_utf8(text, part);
    name.remove_prefix(part.size());
    if (name.empty()) break;
    text += kReplacementCharacter;
    name.remove_prefix(1);
  }
  return text_cell(text);
}

std::vector<std::string> name_cells(const NameTable& names, Formulas formulas) {
  std::vector<std::string> cells;
  for (std::uint32_t id = 0; id < names.size(); ++id) cells.push_back(name_cell(names.at(id), formulas));
  return cells;
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_shape(std::string& out, Dims dims) {
  out += '[';
  for (const std::uint64_t dim : dims) {
    append_number(out, dim);
    out += ',';
  }
  if (!dims.empty()) out.pop_back();
  out += ']';
}

// The cells of input_shapes and output_shape.
std::string shape_cells(const Trace& trace, ShapesId id) {
  if (id == kDroppedShapes) return ",";
  const Signature signature = trace.signatures().at(id);
  std::string out = "\"[";
  for (const Dims dims : signature.inputs()) {
    append_shape(out, dims);
    out += ',';
  }
  if (signature.input_count() != 0) out.pop_back();
  out += "]\",\"";
  append_shape(out, signature.output());
  return out += '"';
}

class CsvWriter {
 public:
  CsvWriter(const Trace& trace, std::ostream& out, Formulas formulas)
      : trace_(trace),
        out_(out),
        ops_(name_cells(trace.op_names(), formulas)),
        devices_(name_cells(trace.device_names(), formulas)) {
    for (std::uint32_t id = 0; id < trace.signatures().size(); ++id) {
      shapes_.push_back(shape_cells(trace, ShapesId{id}));
    }
    for (const TraceThread& thread : trace.threads) threads_.push_back(name_cell(thread.name, formulas));
  }

  Status write() {
    text_ += kColumns;
    for (std::size_t row = 0; row < trace_.size(); ++row) {
      append_row(row);
      if (text_.size() >= kFlushBytes) flush();
    }
    flush();
    if (!out_.flush()) return write_failure("CSV");
    return Done{};
  }

 private:
  void flush() {
    out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
  }

  template <class Number>
  void number(Number value) {
    append_number(text_, value);
    text_ += ',';
  }
  void time(std::int64_t ns) {
    if (ns != kNoTime) append_number(text_, ns);
    text_ += ',';
  }
  void text(std::string_view cell) { text_.append(cell).append(1, ','); }

  void append_row(std::size_t row) {
    const Trace::Columns& columns = trace_.columns();
    const DeviceId device = columns.device[row];
    const ThreadId thread = columns.thread.at(row);
    time(columns.begin_ns.at(row));
    if (std::isfinite(columns.duration_us[row])) append_number(text_, columns.duration_us[row]);
    text_ += ',';
    text(device == kNoDevice ? std::string_view() : devices_[index_of(device)]);
    text(ops_[index_of(columns.op[row])]);
    number(columns.step[row]);
    if (thread != kNoThread) append_number(text_, index_of(thread));
    text_ += ',';
    number(columns.depth.at(row));
    text(shapes_[index_of(columns.shapes[row])]);
    number(trace_.output_elements(row));
    number(trace_.memory_bytes(row));
    number(columns.weight.at(row));
    number(columns.lost_before.at(row));
    time(columns.queue_delay_ns.at(row));
    if (index_of(thread) < threads_.size()) text_ += threads_[index_of(thread)];
    text_ += '\n';
  }

  const Trace& trace_;
  std::ostream& out_;
  std::vector<std::string> ops_;  // cells, by id
  std::vector<std::string> devices_;
  std::vector<std::string> shapes_;
  std::vector<std::string> threads_;
  std::string text_;  // not yet written
};

}  // namespace

Status write_csv(const Trace& trace, std::ostream& out, Formulas formulas) {
  return CsvWriter(trace, out, formulas).write();
}

std::uint64_t spans_without_row(const Trace& trace) {
  std::uint64_t count = trace.open_spans.size();
  for (const FoldedTotal& total : trace.folded) count = saturating_add(count, total.weight());
  return count;
}

}  // namespace ringtail::inline v1
