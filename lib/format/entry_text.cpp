#include "format/entry_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "format/number_text.h"
#include "format/pretty_json.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::uint32_t kMostKept = 4096;       // names and signatures whose text is kept
constexpr std::uint32_t kRowsPerSignature = 4;  // at least, in traces whose signatures' texts are kept
constexpr std::size_t kMostShapesBytes = 4096;  // a giant is not worth its memory

// Requires: room for it at `at`.
template <std::size_t kSize>
[[gnu::always_inline]] inline char* put(char* at, const char (&text)[kSize]) {
  std::memcpy(at, text, kSize - 1);
  return at + kSize - 1;
}

std::string operation_text(std::string_view name) {
  std::string text = ",\n      \"operation\": ";
  append_json_string(text, name);
  return text += ",\n      \"device_id\": ";
}

std::string device_text(std::string_view name) {
  std::string text;
  append_json_string(text, name);
  return text;
}

// The dimensions of a shape, each behind `line_of_dim`, and the closing bracket two spaces further left.
template <std::size_t kSize>
[[gnu::always_inline]] inline char* put_dims(char* at, Dims dims, const char (&line_of_dim)[kSize]) {
  if (!dims.empty()) {
    at = write_unsigned(put(at, line_of_dim), dims[0]);
    for (const std::uint64_t dim : dims.subspan(1)) {
      *at = ',';
      at = write_unsigned(put(at + 1, line_of_dim), dim);
    }
    at = put(at, line_of_dim) - 2;
  }
  *at = ']';
  return at + 1;
}

void append_signature(const Signature& signature, TextBuffer& out) {
  // A dimension takes a line of at most 32 bytes, a shape the brackets' lines of 22.
  constexpr std::size_t kMostPerWord = 40;
  constexpr std::size_t kMostFixed = 128;
  // One walk over the words, where inputs() and output() each begin with one.
  const std::uint64_t* word = signature.words().data() + 1;
  const auto next_shape = [&word] {
    const Dims dims(word + 1, static_cast<std::size_t>(*word));
    word += 1 + dims.size();
    return dims;
  };
  char* at = put(out.room(signature.words().size() * kMostPerWord + kMostFixed), ",\n      \"input_shapes\": [");
  if (const std::size_t inputs = signature.input_count(); inputs != 0) {
    for (std::size_t i = 0; i < inputs; ++i) {
      at = put_dims(put(at, "\n        ["), next_shape(), "\n          ");
      *at++ = ',';
    }
    at = put(at - 1, "\n      ");  // in place of the last comma
  }
  at = put(at, "],\n      \"output_shape\": [");
  out.end_at(put_dims(at, signature.has_output() ? next_shape() : Dims(), "\n        "));
}

}  // namespace

EntryText::EntryText(const Trace& trace) : trace_(trace) {
  const NameTable& ops = trace.op_names();
  const NameTable& devices = trace.device_names();
  const SignatureTable& signatures = trace.signatures();
  const std::size_t most = std::min<std::size_t>(kMostKept, trace.size());
  for (std::uint32_t id = 0; id < std::min<std::size_t>(ops.size(), most); ++id) {
    operations_.push_back(operation_text(ops.at(id)));
  }
  for (std::uint32_t id = 0; id < std::min<std::size_t>(devices.size(), most); ++id) {
    devices_.push_back(device_text(devices.at(id)));
  }
  if (signatures.size() > most / kRowsPerSignature) return;
  TextBuffer text;
  for (std::uint32_t id = 0; id < signatures.size(); ++id) {
    text.clear();
    append_signature(signatures.at(ShapesId{id}), text);
    shapes_.emplace_back(text.view().size() <= kMostShapesBytes ? text.view() : std::string_view());
  }
}

void EntryText::append_shapes(ShapesId id, TextBuffer& out) const {
  const std::uint32_t index = index_of(id);
  if (index < shapes_.size() && !shapes_[index].empty()) return out.append(shapes_[index]);
  append_signature(trace_.signatures().at(id), out);
}

void EntryText::append(std::size_t row, TextBuffer& out) const {
  constexpr std::size_t kMostFixed = 512;  // of all keys of an entry and the numbers behind the shapes
  static_assert(8 * kMostIntegerBytes + kMostDoubleBytes + 256 <= kMostFixed);
  const Trace::Columns& columns = trace_.columns();
  char* at = put(out.room(kMostFixed), ",\n    {\n      \"step\": ");
  out.end_at(write_unsigned(at, columns.step[row]));
  const std::uint32_t op = index_of(columns.op[row]);
  out.append(op < operations_.size() ? std::string_view(operations_[op])
                                     : operation_text(trace_.operation(columns.op[row])));
  const DeviceId device = columns.device[row];
  if (device == kNoDevice) {
    out.append("null");
  } else if (index_of(device) < devices_.size()) {
    out.append(devices_[index_of(device)]);
  } else {
    out.append(device_text(*trace_.device(device)));
  }
  append_shapes(columns.shapes[row], out);

  at = put(out.room(kMostFixed), ",\n      \"duration_us\": ");
  at = write_double(at, columns.duration_us[row]);
  at = write_unsigned(put(at, ",\n      \"output_elements\": "), trace_.output_elements(row));
  at = write_unsigned(put(at, ",\n      \"memory_bytes\": "), trace_.memory_bytes(row));
  if (const std::int64_t begin = columns.begin_ns.at(row); begin != kNoTime) {
    at = write_signed(put(at, ",\n      \"begin_ns\": "), begin);
  }
  if (const ThreadId thread = columns.thread.at(row); thread != kNoThread) {
    at = write_unsigned(put(at, ",\n      \"thread\": "), index_of(thread));
  }
  if (const std::uint16_t depth = columns.depth.at(row); depth != 0) {
    at = write_unsigned(put(at, ",\n      \"depth\": "), depth);
  }
  if (const std::int64_t delay = columns.queue_delay_ns.at(row); delay != kNoTime) {
    at = write_signed(put(at, ",\n      \"queue_delay_ns\": "), delay);
  }
  if (const std::uint64_t lost = columns.lost_before.at(row); lost != 0) {
    at = write_unsigned(put(at, ",\n      \"lost_before\": "), lost);
  }
  if (columns.shapes[row] == kDroppedShapes) at = put(at, ",\n      \"shapes_dropped\": true");
  if (const std::uint32_t weight = columns.weight.at(row); weight != 1) {
    at = write_unsigned(put(at, ",\n      \"weight\": "), weight);
  }
  out.end_at(put(at, "\n    }"));
}

}  // namespace ringtail::inline v1
