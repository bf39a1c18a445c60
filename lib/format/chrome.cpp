#include "ringtail/format/chrome.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "format/chrome_layout.h"
#include "format/chrome_numbers.h"
#include "format/pretty_json.h"
#include "format/stream_error.h"
#include "format/utf8.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 16U;
constexpr std::string_view kNoDeviceName = "no device";
// Perfetto counts a process_name that is empty as a parse failure.
constexpr std::string_view kEmptyDeviceName = "device without a name";

// Appends `"key": ` and leaves the value to the caller; the comma before it where one is needed.
class ObjectText {
 public:
  explicit ObjectText(std::string& out) : out_(out) { out_ += '{'; }
  ObjectText(const ObjectText&) = delete;
  ObjectText& operator=(const ObjectText&) = delete;
  // May be without memory, so it throws; but not on the way out because of something that was thrown.
  ~ObjectText() noexcept(false) {
    if (std::uncaught_exceptions() == uncaught_) out_ += '}';
  }

  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    out_ += ':';
    return out_;
  }
  void string(std::string_view name, std::string_view value) { append_json_string(key(name), value); }
  void integer(std::string_view name, std::uint64_t value) { append_json_integer(key(name), value); }
  void nanoseconds(std::string_view name, Nanoseconds value) { append_json_integer(key(name), value.count()); }

 private:
  std::string& out_;
  bool first_ = true;
  const int uncaught_ = std::uncaught_exceptions();
};

// Keys of one object, in UTF-8: one that is there already becomes "KEY (2)" and so on.
class DistinctKeys {
 public:
  std::string of(std::string_view name) {
    std::string key;
    append_utf8(key, name);
    const auto [at, is_new] = times_.try_emplace(key, 1);
    if (is_new) return key;
    std::uint64_t& times = at->second;
    for (;;) {
      std::string next = key + " (" + std::to_string(++times) + ")";
      if (times_.try_emplace(next, 1).second) return next;
    }
  }

 private:
  std::unordered_map<std::string, std::uint64_t> times_;
};

void append_shape(std::string& out, Dims dims) {
  out += '[';
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis != 0) out += ',';
    append_json_integer(out, dims[axis]);
  }
  out += ']';
}

// The args that a signature gives, each with the comma after it; empty where nothing was said.
std::string shape_args(const Trace& trace, ShapesId id) {
  if (id == kDroppedShapes) return R"("shapes":"dropped",)";
  const Signature signature = trace.signatures().at(id);
  std::string out;
  if (signature.input_count() != 0) {
    out += R"("input_shapes":[)";
    for (const Dims dims : signature.inputs()) {
      append_shape(out, dims);
      out += ',';
    }
    out.back() = ']';
    out += ',';
  }
  if (signature.has_output()) {
    out += R"("output_shape":)";
    append_shape(out, signature.output());
    out += ',';
  }
  return out;
}

class ChromeWriter {
 public:
  ChromeWriter(const Trace& trace, std::ostream& out) : trace_(trace), out_(out), layout_(chrome_layout(trace)) {}

  Status write() {
    text_ += "{\"traceEvents\":[";
    write_names();
    write_events();
    text_ += "\n],\n\"displayTimeUnit\":\"ms\",\n\"otherData\":";
    write_other_data();
    text_ += "}\n";
    out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    if (!out_.flush()) return write_failure("Chrome trace");
    return Done{};
  }

 private:
  // Process and thread ids are distinct from each other and never 0, which viewers take for the idle process.
  [[nodiscard]] std::uint64_t pid_of(std::size_t process) const { return process + 1; }
  [[nodiscard]] std::uint64_t tid_of(std::size_t row) const { return layout_.processes.size() + row + 1; }

  void next_event() {
    text_ += first_ ? "\n" : ",\n";
    first_ = false;
    if (text_.size() < kFlushBytes) return;
    out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
  }

  // {"ph":"M",...,"args":{KEY: VALUE}}; tid 0 stands for the process itself.
  template <class Append>
  void write_metadata(std::string_view what, std::size_t process, std::uint64_t tid, std::string_view key,
                      Append append_value) {
    next_event();
    ObjectText event(text_);
    event.string("ph", "M");
    event.integer("pid", pid_of(process));
    if (tid != 0) event.integer("tid", tid);
    event.string("name", what);
    ObjectText args(event.key("args"));
    append_value(args.key(key));
  }

  void write_names() {
    for (std::size_t process = 0; process < layout_.processes.size(); ++process) {
      const std::string_view said = trace_.device(layout_.processes[process]).value_or(kNoDeviceName);
      const std::string_view name = said.empty() ? kEmptyDeviceName : said;
      write_metadata("process_name", process, 0, "name", [&](std::string& out) { append_json_string(out, name); });
      write_metadata("process_sort_index", process, 0, "sort_index",
                     [&](std::string& out) { append_json_integer(out, process); });
    }
    for (std::size_t row = 0; row < layout_.rows.size(); ++row) {
      const ChromeRow& at = layout_.rows[row];
      write_metadata("thread_name", at.process, tid_of(row), "name",
                     [&](std::string& out) { append_json_string(out, at.name); });
      write_metadata("thread_sort_index", at.process, tid_of(row), "sort_index",
                     [&](std::string& out) { append_json_integer(out, row); });
    }
  }

  void write_events() {
    // What is the same for every event of an op, a row or a signature is made once.
    std::vector<std::string> heads(trace_.op_names().size());
    for (std::uint32_t op = 0; op < heads.size(); ++op) {
      heads[op] = R"({"ph":"X","cat":"op","name":)";
      append_json_string(heads[op], trace_.op_names().at(op));
    }
    std::vector<std::string> places(layout_.rows.size());
    for (std::size_t row = 0; row < places.size(); ++row) {
      places[row] = ",\"pid\":" + std::to_string(pid_of(layout_.rows[row].process)) +
                    ",\"tid\":" + std::to_string(tid_of(row)) + ",\"ts\":";
    }
    std::vector<std::string> shapes(trace_.signatures().size());
    for (std::uint32_t id = 0; id < shapes.size(); ++id) shapes[id] = shape_args(trace_, ShapesId{id});

    const Trace::Columns& columns = trace_.columns();
    for (const ChromeEvent& event : layout_.events) {
      const std::size_t row = event.row;
      next_event();
      text_ += heads[index_of(columns.op[row])];
      text_ += places[event.chrome_row];
      append_microseconds(text_, event.begin_ns);
      text_ += ",\"dur\":";
      append_microseconds(text_, event.end_ns - event.begin_ns);
      text_ += ",\"args\":{";
      text_ += shapes[index_of(columns.shapes[row])];
      text_ += "\"elements\":";
      append_json_integer(text_, trace_.output_elements(row));
      text_ += ",\"bytes\":";
      append_json_integer(text_, trace_.memory_bytes(row));
      if (const std::int64_t delay = columns.queue_delay_ns.at(row); delay != kNoTime) {
        text_ += ",\"queue_delay_us\":";
        append_microseconds(text_, Nanoseconds{delay});
      }
      text_ += ",\"step\":";
      append_json_integer(text_, columns.step[row]);
      if (const std::uint32_t weight = columns.weight.at(row); weight != 1) {
        text_ += ",\"weight\":";
        append_json_integer(text_, std::uint64_t{weight});
      }
      text_ += "}}";
    }
  }

  [[nodiscard]] std::string timeline() const {
    if (layout_.untimed == 0) return "measured";
    if (layout_.untimed == trace_.size()) return "synthetic: no start times";
    return "partly synthetic: " + std::to_string(layout_.untimed) + " of " + std::to_string(trace_.size()) +
           " rows have no start times";
  }

  void write_device(ObjectText& object, DeviceId device) const {
    if (device == kNoDevice) {
      object.key("device") += "null";
    } else {
      object.string("device", *trace_.device(device));
    }
  }

  void write_thread(ObjectText& object, ThreadId thread) const {
    if (thread == kNoThread) {
      object.key("thread") += "null";
    } else {
      object.integer("thread", index_of(thread));
    }
  }

  // An array under `key` with one object per element, or nothing when there are none.
  template <class List, class Append>
  void write_list(ObjectText& parent, std::string_view key, const List& list, Append append) {
    if (list.empty()) return;
    const char* separator = "[";
    parent.key(key);
    for (const auto& element : list) {
      text_ += separator;
      separator = ",\n";
      ObjectText object(text_);
      append(object, element);
    }
    text_ += ']';
  }

  void write_other_data() {
    ObjectText data(text_);
    data.string("producer", "ringtail");
    data.string("timeline", timeline());
    data.integer("rows", trace_.size());
    append_json_double(data.key("total_duration_us"), trace_.total_duration_us);
    if (layout_.ts_shift_ns != 0) data.integer("ts_shift_ns", layout_.ts_shift_ns);
    if (layout_.durations_cut != 0) data.integer("durations_cut", layout_.durations_cut);
    if (trace_.origin) {
      ObjectText origin(data.key("origin"));
      origin.nanoseconds("monotonic_ns", trace_.origin->monotonic);
      origin.nanoseconds("realtime_ns", trace_.origin->realtime);
      origin.string("clock", trace_.origin->clock);
    }
    if (!trace_.metadata.empty()) {
      ObjectText metadata(data.key("metadata"));
      DistinctKeys keys;
      for (const auto& [key, value] : trace_.metadata) metadata.string(keys.of(key), value);
    }
    write_list(data, "threads", trace_.threads, [&](ObjectText& object, const TraceThread& thread) {
      object.string("name", thread.name);
      append_json_integer(object.key("os_id"), thread.os_id);
      object.integer("attempted", thread.attempted);
      object.integer("recorded", thread.recorded);
      object.integer("folded", thread.folded);
      object.integer("shapes_dropped", thread.shapes_dropped);
      object.integer("clock_steps", thread.clock_steps);
      if (thread.sampled_out != 0) object.integer("sampled_out", thread.sampled_out);
    });
    write_list(data, "folded", trace_.folded, [&](ObjectText& object, const FoldedTotal& total) {
      object.string("operation", trace_.operation(total.op));
      write_device(object, total.device);
      object.integer("count", total.count);
      object.nanoseconds("duration_ns", total.duration);
      object.integer("bytes", total.bytes);
      object.nanoseconds("longest_ns", total.longest);
      if (total.extra != 0) object.integer("extra", total.extra);
    });
    write_list(data, "losses", trace_.losses, [&](ObjectText& object, const Loss& loss) {
      write_thread(object, loss.thread);
      write_device(object, loss.device);
      object.string("cause", name_of(loss.cause));
      object.integer("count", loss.count);
      object.nanoseconds("first_ns", loss.first);
      object.nanoseconds("last_ns", loss.last);
    });
    write_list(data, "open_spans", trace_.open_spans, [&](ObjectText& object, const OpenSpan& span) {
      write_thread(object, span.thread);
      object.string("operation", trace_.operation(span.op));
      write_device(object, span.device);
      object.integer("depth", span.depth);
      object.nanoseconds("begin_ns", span.begin);
    });
  }

  const Trace& trace_;
  std::ostream& out_;
  ChromeLayout layout_;
  std::string text_;  // not yet written
  bool first_ = true;
};

}  // namespace

Status write_chrome(const Trace& trace, std::ostream& out) { return ChromeWriter(trace, out).write(); }

}  // namespace ringtail::inline v1
