#include <algorithm>
#include <span>

#include "format/rtt_assembler.h"

namespace ringtail::inline v1 {
namespace {

// A kind in numbers of the trace.
struct TraceKind {
  OpId op{};
  DeviceId device = kNoDevice;
  ShapesId shapes = kNoShapes;
  ThreadId thread = kNoThread;
  std::uint32_t weight = 1;
  std::uint16_t depth = 0;
};

template <class T>
void put_some(const RttRows::Some& some, T absent, std::span<T> column) {
  if (column.empty()) return;
  const auto value = [&](std::size_t i) { return static_cast<T>(some.values[i]); };
  if (some.rows.empty() && !some.values.empty()) {
    for (std::size_t i = 0; i < column.size(); ++i) column[i] = value(i);
    return;
  }
  std::ranges::fill(column, absent);
  for (std::size_t i = 0; i < some.rows.size(); ++i) column[some.rows[i]] = value(i);
}

}  // namespace

template <class Table, class Value>
auto RttAssembler::intern(Table& table, const Value& value, std::size_t bytes) {
  const std::uint32_t before = table.size();
  const auto id = table.intern(value);
  if (table.size() != before) table_bytes_ += kTableEntryBytes + bytes;
  return id;
}

std::vector<std::uint32_t> RttAssembler::intern_names(NameTable& table, std::span<const std::string_view> names) {
  std::vector<std::uint32_t> ids;
  ids.reserve(names.size());
  for (const std::string_view name : names) ids.push_back(intern(table, name, name.size()));
  return ids;
}

void RttAssembler::put_rows(const Trace::Facts& facts) {
  const std::vector<std::uint32_t> ops = intern_names(trace_.op_names(), rows_.ops);
  const std::vector<std::uint32_t> devices = intern_names(trace_.device_names(), rows_.devices);
  std::vector<ShapesId> shapes = {kNoShapes, kDroppedShapes};
  shapes.reserve(shapes.size() + rows_.signature_ends.size());
  const std::span<const std::uint64_t> words = rows_.signature_words;
  std::size_t begin = 0;
  for (const std::size_t end : rows_.signature_ends) {
    const std::span<const std::uint64_t> signature = words.subspan(begin, end - begin);
    shapes.push_back(intern(trace_.signatures(), signature, signature.size_bytes()));
    begin = end;
  }

  std::vector<TraceKind> kinds;
  kinds.reserve(rows_.kinds.size());
  for (const RttKind& kind : rows_.kinds) {
    threads_of_rows_ = std::max(threads_of_rows_, kind.thread);
    kinds.push_back({OpId{ops[kind.op]}, kind.device == 0 ? kNoDevice : DeviceId{devices[kind.device - 1]},
                     shapes[kind.shapes], ThreadId{kind.thread - 1}, kind.weight,
                     static_cast<std::uint16_t>(kind.depth)});
  }
  const std::span<const std::uint64_t> kind_of_row = rows_.kind_of_row;
  const Trace::NewRows to = trace_.add_rows(kind_of_row.size(), facts);
  for (std::size_t row = 0; row < kind_of_row.size(); ++row) {
    const TraceKind& kind = kinds[kind_of_row[row]];
    to.op[row] = kind.op;
    to.device[row] = kind.device;
    to.shapes[row] = kind.shapes;
    to.step.set(row, rows_.step[row]);
  }
  const auto put = [&](auto column, auto TraceKind::*member) {
    for (std::size_t row = 0; row < column.size(); ++row) column[row] = kinds[kind_of_row[row]].*member;
  };
  put(to.thread, &TraceKind::thread);
  put(to.weight, &TraceKind::weight);
  put(to.depth, &TraceKind::depth);
  const auto put_said = [&](std::span<std::uint64_t> column, bool said, std::uint64_t RttKind::*member,
                            auto derived) {
    for (std::size_t row = 0; row < column.size(); ++row) {
      column[row] = said ? rows_.kinds[kind_of_row[row]].*member : derived(to.shapes[row]);
    }
  };
  put_said(to.output_elements, facts.output_elements, &RttKind::elements,
           [&](ShapesId id) { return trace_.signatures().elements(id); });
  put_said(to.memory_bytes, facts.memory_bytes, &RttKind::bytes,
           [&](ShapesId id) { return trace_.signatures().bytes(id); });
  std::ranges::copy(rows_.duration_us, to.duration_us.begin());
  put_some(rows_.begin, kNoTime, to.begin_ns);
  put_some(rows_.queue_delay, kNoTime, to.queue_delay_ns);
  put_some(rows_.lost_before, std::uint64_t{0}, to.lost_before);
  chunk_ends_.push_back(trace_.size());
  if (gap_is_last_) {
    const std::int64_t first = trace_.columns().begin_ns.at(trace_.size() - kind_of_row.size());
    if (first != kNoTime) gap_end_ = first;
    gap_is_last_ = false;
  }
}

}  // namespace ringtail::inline v1
