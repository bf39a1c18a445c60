#include <cmath>
#include <optional>
#include <ostream>
#include <set>
#include <utility>
#include <vector>

#include "format/pretty_json.h"
#include "format/utf8.h"
#include "ringtail/format/json.h"

namespace ringtail {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::string_view kAtLeastOne = "a number of spans, at least 1";

Error unsupported(std::string where, std::string_view expected, std::string_view found) {
  where.append(": expected ").append(expected).append(", found ").append(found);
  return {ErrorCode::kUnsupported, std::move(where)};
}

const char* text_of_not_finite(double value) { return std::isnan(value) ? "NaN" : value > 0 ? "inf" : "-inf"; }

// What is wrong with a thread index, if anything is: it must lie in the table, unless there is none.
std::optional<Error> check_thread(const Trace& trace, ThreadId thread, const char* list, std::size_t at) {
  const bool fits = thread == kNoThread || trace.threads.empty() || index_of(thread) < trace.threads.size();
  if (fits) return std::nullopt;
  return unsupported("$." + std::string(list) + "[" + std::to_string(at) + "].thread",
                     "an index below " + std::to_string(trace.threads.size()), std::to_string(index_of(thread)));
}

// Names everything that the format cannot say, so that nothing is written of a trace that has it.
std::optional<Error> find_unsupported(const Trace& trace) {
  const auto& durations = trace.columns().duration_us;
  for (std::size_t row = 0; row < durations.size(); ++row) {
    if (!std::isfinite(durations[row])) {
      return unsupported("$.entries[" + std::to_string(row) + "].duration_us", "a finite number",
                         text_of_not_finite(durations[row]));
    }
  }
  if (!std::isfinite(trace.total_duration_us)) {
    return unsupported("$.total_duration_us", "a finite number", text_of_not_finite(trace.total_duration_us));
  }
  std::optional<Error> error;
  const auto& threads = trace.columns().thread;
  for (std::size_t row = 0; !error && !threads.empty() && row < trace.size(); ++row) {
    error = check_thread(trace, threads.at(row), "entries", row);
  }
  for (std::size_t i = 0; !error && i < trace.losses.size(); ++i) {
    error = check_thread(trace, trace.losses[i].thread, "ringtail.losses", i);
  }
  for (std::size_t i = 0; !error && i < trace.open_spans.size(); ++i) {
    error = check_thread(trace, trace.open_spans[i].thread, "ringtail.open_spans", i);
  }
  if (error) return error;
  for (std::size_t row = 0; !trace.columns().weight.empty() && row < trace.size(); ++row) {
    if (trace.columns().weight.at(row) == 0) {
      return unsupported("$.entries[" + std::to_string(row) + "].weight", kAtLeastOne, "0");
    }
  }
  for (std::size_t i = 0; i < trace.categories.size(); ++i) {
    if (trace.categories[i].one_in == 0) {
      return unsupported("$.ringtail.categories[" + std::to_string(i) + "].one_in", kAtLeastOne, "0");
    }
  }
  if (trace.cost) {
    for (const auto& [key, value] : {std::pair{"recorded_ns", trace.cost->recorded_ns},
                                     {"folded_ns", trace.cost->folded_ns},
                                     {"sampled_out_ns", trace.cost->sampled_out_ns}}) {
      if (!std::isfinite(value)) {
        return unsupported(std::string("$.ringtail.cost.") + key, "a finite number", text_of_not_finite(value));
      }
    }
  }
  std::set<std::string> keys;
  for (const auto& [key, value] : trace.metadata) {
    std::string written;
    append_utf8(written, key);
    if (!keys.insert(std::move(written)).second) {
      return unsupported("$.metadata", "keys that differ when invalid UTF-8 is replaced", quoted(key));
    }
  }
  return std::nullopt;
}

template <class Value>
void member(PrettyJson& json, std::string_view key, const Value& value) {
  json.key(key);
  json.value(value);
}

void member(PrettyJson& json, std::string_view key, Nanoseconds time) {
  json.key(key);
  json.value(std::int64_t{time.count()});
}

template <class Value>
void member_or_null(PrettyJson& json, std::string_view key, const std::optional<Value>& value) {
  json.key(key);
  if (value) {
    json.value(*value);
  } else {
    json.null();
  }
}

void thread_or_null(PrettyJson& json, ThreadId thread) {
  member_or_null(json, "thread", thread == kNoThread ? std::nullopt : std::optional(std::uint64_t{index_of(thread)}));
}

void write_shape(PrettyJson& json, Dims dims) {
  json.begin_array();
  for (const std::uint64_t dim : dims) json.value(dim);
  json.end_array();
}

// The shapes of an entry are most of its text, and programs repeat them: the text of a few is kept to be
// copied.
class ShapesText {
 public:
  explicit ShapesText(const SignatureTable& signatures) : signatures_(signatures), kept_(kKept) {}

  // Requires: `out` is what `json` appends to.
  void write(PrettyJson& json, const std::string& out, ShapesId id) {
    Kept& kept = kept_[index_of(id) % kKept];
    if (kept.id == id) return json.members(kept.text);
    const std::size_t before = out.size();
    const Signature signature = signatures_.at(id);
    json.key("input_shapes");
    json.begin_array();
    for (const Dims dims : signature.inputs()) write_shape(json, dims);
    json.end_array();
    json.key("output_shape");
    write_shape(json, signature.output());
    // A giant is not worth its memory; an id never seen before is too likely never to be seen again.
    if (out.size() - before > kMostBytes) return;
    if (kept.last_missed == id) {
      kept.text.assign(out, before);
      kept.id = id;
    }
    kept.last_missed = id;
  }

 private:
  static constexpr std::size_t kKept = 256;
  static constexpr std::size_t kMostBytes = 4096;
  struct Kept {
    ShapesId id{0xFFFF'FFFF};
    ShapesId last_missed{0xFFFF'FFFF};
    std::string text;
  };
  const SignatureTable& signatures_;
  std::vector<Kept> kept_;
};

void write_entry(PrettyJson& json, const std::string& out, ShapesText& shapes, const Trace& trace, std::size_t row) {
  const EntryView entry = trace[row];
  json.begin_object();
  member(json, "step", entry.step());
  member(json, "operation", entry.operation());
  member_or_null(json, "device_id", entry.device());
  shapes.write(json, out, trace.columns().shapes[row]);
  member(json, "duration_us", entry.duration_us());
  member(json, "output_elements", entry.output_elements());
  member(json, "memory_bytes", entry.memory_bytes());
  if (const auto begin = entry.begin()) member(json, "begin_ns", *begin);
  if (const ThreadId thread = entry.thread(); thread != kNoThread) {
    member(json, "thread", std::uint64_t{index_of(thread)});
  }
  if (const std::uint16_t depth = entry.depth(); depth != 0) member(json, "depth", std::uint64_t{depth});
  if (const auto delay = entry.queue_delay()) member(json, "queue_delay_ns", *delay);
  if (entry.lost_before() != 0) member(json, "lost_before", entry.lost_before());
  if (entry.shapes_dropped()) member(json, "shapes_dropped", true);
  if (entry.weight() != 1) member(json, "weight", std::uint64_t{entry.weight()});
  json.end_object();
}

void write_origin(PrettyJson& json, const Origin& origin) {
  json.begin_object();
  member(json, "monotonic_ns", origin.monotonic);
  member(json, "realtime_ns", origin.realtime);
  member(json, "clock", std::string_view(origin.clock));
  json.end_object();
}

void write_members(PrettyJson& json, const Trace&, const TraceThread& thread) {
  member(json, "name", std::string_view(thread.name));
  member(json, "os_id", thread.os_id);
  member(json, "attempted", thread.attempted);
  member(json, "recorded", thread.recorded);
  member(json, "folded", thread.folded);
  member(json, "shapes_dropped", thread.shapes_dropped);
  member(json, "clock_steps", thread.clock_steps);
  if (thread.sampled_out != 0) member(json, "sampled_out", thread.sampled_out);
  if (thread.held.count() != 0) member(json, "held_ns", thread.held);
  if (thread.cpu.count() != 0) member(json, "cpu_ns", thread.cpu);
  if (thread.blocked.count() != 0) member(json, "blocked_ns", thread.blocked);
}

void write_members(PrettyJson& json, const Trace& trace, const FoldedTotal& total) {
  member(json, "operation", trace.operation(total.op));
  member_or_null(json, "device_id", trace.device(total.device));
  member(json, "count", total.count);
  member(json, "duration_ns", total.duration);
  member(json, "bytes", total.bytes);
  member(json, "longest_ns", total.longest);
  if (total.extra != 0) member(json, "extra", total.extra);
}

void write_members(PrettyJson& json, const Trace& trace, const Loss& loss) {
  thread_or_null(json, loss.thread);
  member_or_null(json, "device_id", trace.device(loss.device));
  member(json, "cause", std::string_view(name_of(loss.cause)));
  member(json, "count", loss.count);
  member(json, "first_ns", loss.first);
  member(json, "last_ns", loss.last);
}

void write_members(PrettyJson& json, const Trace& trace, const OpenSpan& span) {
  thread_or_null(json, span.thread);
  member(json, "operation", trace.operation(span.op));
  member_or_null(json, "device_id", trace.device(span.device));
  member(json, "depth", std::uint64_t{span.depth});
  member(json, "begin_ns", span.begin);
}

void write_members(PrettyJson& json, const Trace&, const TraceCategory& category) {
  member(json, "name", std::string_view(category.name));
  member(json, "recorded", category.recorded);
  member(json, "shortest_ns", category.shortest);
  member(json, "one_in", std::uint64_t{category.one_in});
  member(json, "governed", category.governed);
}

void write_cost(PrettyJson& json, const TracerCost& cost) {
  json.begin_object();
  member(json, "recorded_ns", cost.recorded_ns);
  member(json, "folded_ns", cost.folded_ns);
  member(json, "sampled_out_ns", cost.sampled_out_ns);
  member(json, "collector_cpu_ns", cost.collector_cpu);
  member(json, "process_cpu_ns", cost.process_cpu);
  member(json, "wall_ns", cost.wall);
  json.end_object();
}

// Writes the document, calling `flush` on `buffer` after each element; stops when that returns false.
template <class Flush>
bool write_document(const Trace& trace, std::string& buffer, Flush flush) {
  PrettyJson json(buffer);
  ShapesText shapes(trace.signatures());
  const auto write_list = [&](std::string_view key, const auto& list) {
    if (list.empty()) return true;
    json.key(key);
    json.begin_array();
    for (const auto& one : list) {
      json.begin_object();
      write_members(json, trace, one);
      json.end_object();
      if (!flush()) return false;
    }
    json.end_array();
    return true;
  };

  json.begin_object();
  json.key("entries");
  json.begin_array();
  for (std::size_t row = 0; row < trace.size(); ++row) {
    write_entry(json, buffer, shapes, trace, row);
    if (!flush()) return false;
  }
  json.end_array();
  member(json, "total_duration_us", trace.total_duration_us);
  json.key("metadata");
  json.begin_object();
  for (const auto& [key, value] : trace.metadata) {
    member(json, key, std::string_view(value));
    if (!flush()) return false;
  }
  json.end_object();
  const bool has_extras = trace.origin || !trace.threads.empty() || !trace.folded.empty() || !trace.losses.empty() ||
                          !trace.open_spans.empty() || !trace.categories.empty() || trace.cost;
  if (has_extras) {
    json.key("ringtail");
    json.begin_object();
    member(json, "version", std::uint64_t{1});
    if (trace.origin) {
      json.key("origin");
      write_origin(json, *trace.origin);
    }
    const bool done = write_list("threads", trace.threads) && write_list("folded", trace.folded) &&
                      write_list("losses", trace.losses) && write_list("open_spans", trace.open_spans) &&
                      write_list("categories", trace.categories);
    if (!done) return false;
    if (trace.cost) {
      json.key("cost");
      write_cost(json, *trace.cost);
    }
    json.end_object();
  }
  json.end_object();
  return true;
}

}  // namespace

Status write_json(const Trace& trace, std::ostream& out) {
  if (auto error = find_unsupported(trace)) return *std::move(error);
  std::string buffer;
  buffer.reserve(kBlockBytes + kBlockBytes / 4);
  std::uint64_t written = 0;
  const auto empty_buffer = [&] {
    out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (out.good()) written += buffer.size();
    buffer.clear();
    return out.good();
  };
  bool done = write_document(trace, buffer, [&] { return buffer.size() < kBlockBytes || empty_buffer(); });
  done = done && empty_buffer() && out.flush().good();
  if (!done) return Error{ErrorCode::kIo, "byte " + std::to_string(written) + ": the stream refused to be written"};
  return Done{};
}

std::string to_json(const Trace& trace) {
  std::string text;
  if (find_unsupported(trace)) return text;
  write_document(trace, text, [] { return true; });
  return text;
}

}  // namespace ringtail
