#include <algorithm>
#include <cassert>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "format/entry_text.h"
#include "format/json_limits.h"
#include "format/large_text.h"
#include "format/parallel.h"
#include "format/pretty_json.h"
#include "format/stream_error.h"
#include "ringtail/format/json.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kRowsPerPiece = 512;         // of text that a thread makes at once: some 150 KB
constexpr std::size_t kMostExpectedPerRow = 1024;  // bytes; one long name says little of the rows that follow
constexpr std::size_t kRowsPerThread = 8 * 1024;   // a thread takes some 50 us to start, writing so many rows 2 ms

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

void write_origin(PrettyJson& json, const Origin& origin) {
  json.begin_object();
  member(json, "monotonic_ns", origin.monotonic);
  member(json, "realtime_ns", origin.realtime);
  member(json, "clock", std::string_view(origin.clock));
  if (!origin.later.empty()) {
    json.key("later");
    json.begin_array();
    for (const WallClockPair& pair : origin.later) {
      json.begin_object();
      member(json, "monotonic_ns", pair.monotonic);
      member(json, "realtime_ns", pair.realtime);
      json.end_object();
    }
    json.end_array();
  }
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

// Writes all but the entries, calling `flush` on `buffer` after each element; stops when that returns false.
template <class Flush>
bool write_rest(const Trace& trace, std::string& buffer, Flush flush) {
  PrettyJson json(buffer);
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
  json.end_array();
  buffer.clear();  // the entries are written already
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

// The document, piece by piece: head(), then rows() any number of times, then rest(). `take` gets each piece in order
// and says whether to go on, as do these.
template <class Take>
class Document {
 public:
  explicit Document(Take take) : take_(std::move(take)) {}

  bool head() { return take_("{\n  \"entries\": ["); }

  bool rows(const Trace& trace) {
    const EntryText entries(trace);
    const std::size_t pieces = (trace.size() + kRowsPerPiece - 1) / kRowsPerPiece;
    const std::size_t threads = std::min(thread_count(), trace.size() / kRowsPerThread + 1);
    bool fine = true;
    const auto make = [&](std::size_t piece, TextBuffer& text) {
      const std::size_t first = piece * kRowsPerPiece;
      const std::size_t last = std::min(first + kRowsPerPiece, trace.size());
      for (std::size_t row = first; row < last; ++row) entries.append(row, text);
    };
    in_order(pieces, threads, make, [&](std::string_view text) {
      if (is_first_) text.remove_prefix(1);  // the comma
      is_first_ = false;
      return fine = take_(text);
    });
    return fine;
  }

  bool rest(const Trace& end) {
    if (!take_(is_first_ ? "]" : "\n  ]")) return false;
    std::string buffer;
    const auto empty_buffer = [&] {
      const bool fine = take_(buffer);
      buffer.clear();
      return fine;
    };
    return write_rest(end, buffer, [&] { return buffer.size() < kBlockBytes || empty_buffer(); }) && empty_buffer();
  }

 private:
  Take take_;
  bool is_first_ = true;  // no entry was written
};

}  // namespace

struct JsonTraceWriter::State {
  explicit State(std::ostream& stream)
      : out(stream), document([this](std::string_view text) {
          out.write(text.data(), static_cast<std::streamsize>(text.size()));
          if (out.good()) written += text.size();
          return out.good();
        }) {}

  // What may be called: append() and finish(), but nothing in kOver, after the end and after every error.
  enum class Phase : std::uint8_t { kEmpty, kBegun, kOver };

  // The phase so far. Now it is over, unless the caller succeeds and says otherwise.
  [[nodiscard]] Phase leave_phase() {
    assert(phase != Phase::kOver && "nothing may follow finish() or an error");
    return std::exchange(phase, Phase::kOver);
  }
  bool head(Phase before) { return before == Phase::kBegun || document.head(); }

  [[nodiscard]] Status status(bool fine) const {
    if (fine) return Done{};
    return write_failure("byte " + std::to_string(written));
  }

  std::ostream& out;
  std::uint64_t written = 0;
  std::uint64_t rows = 0;
  Phase phase = Phase::kEmpty;
  LargestThread largest_thread;
  Document<std::function<bool(std::string_view)>> document;
};

JsonTraceWriter::JsonTraceWriter(std::ostream& out) : state_(std::make_unique<State>(out)) {}
JsonTraceWriter::~JsonTraceWriter() = default;

Status JsonTraceWriter::append(const Trace& rows) {
  State& s = *state_;
  const State::Phase before = s.leave_phase();
  if (auto error = find_unsupported_row(rows, s.rows)) return *std::move(error);
  s.largest_thread.see(rows, s.rows);
  s.rows += rows.size();
  const bool fine = s.head(before) && s.document.rows(rows);
  if (fine) s.phase = State::Phase::kBegun;
  return s.status(fine);
}

Status JsonTraceWriter::finish(const Trace& end) {
  State& s = *state_;
  const State::Phase before = s.leave_phase();
  if (auto error = s.largest_thread.find_stray(end)) return *std::move(error);
  if (auto error = find_unsupported_rest(end)) return *std::move(error);
  return s.status(s.head(before) && s.document.rest(end) && s.out.flush().good());
}

Status write_json(const Trace& trace, std::ostream& out) {
  if (auto error = find_unsupported(trace)) return *std::move(error);
  JsonTraceWriter writer(out);
  Status rows = writer.append(trace);
  return rows.ok() ? writer.finish(trace) : rows;
}

std::string to_json(const Trace& trace) {
  if (find_unsupported(trace)) return {};
  LargeText text;
  bool has_rows = false;
  Document document([&](std::string_view piece) {
    const bool is_first_rows = !has_rows && !text.empty() && !trace.empty();
    if (is_first_rows) {
      const std::size_t per_piece = std::min(piece.size(), kRowsPerPiece * kMostExpectedPerRow);
      text.expect(per_piece * (trace.size() / kRowsPerPiece + 1));
    }
    has_rows = has_rows || is_first_rows;
    text.append(piece);
    return true;
  });
  static_cast<void>(document.head() && document.rows(trace) && document.rest(trace));
  return std::move(text).take();
}

}  // namespace ringtail::inline v1
