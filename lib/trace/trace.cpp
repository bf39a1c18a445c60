#include "ringtail/trace/trace.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ringtail {
namespace {

std::optional<Nanoseconds> time_or_nothing(std::int64_t ns) {
  if (ns == kNoTime) return std::nullopt;
  return Nanoseconds{ns};
}

std::int64_t ns_or_absent(const std::optional<Nanoseconds>& time) { return time ? time->count() : kNoTime; }

// Two traces number their names differently; compare what the ids stand for.
bool same_name(const Trace& a, OpId x, const Trace& b, OpId y) { return a.operation(x) == b.operation(y); }
bool same_name(const Trace& a, DeviceId x, const Trace& b, DeviceId y) { return a.device(x) == b.device(y); }

bool same_rows(const Trace& a, const Trace& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t row = 0; row < a.size(); ++row) {
    if (a[row].to_entry() != b[row].to_entry()) return false;
  }
  return true;
}

bool same_folded(const Trace& a, const Trace& b) {
  return std::ranges::equal(a.folded, b.folded, [&](const FoldedTotal& x, FoldedTotal y) {
    if (!same_name(a, x.op, b, y.op) || !same_name(a, x.device, b, y.device)) return false;
    y.op = x.op;
    y.device = x.device;
    return x == y;
  });
}

bool same_losses(const Trace& a, const Trace& b) {
  return std::ranges::equal(a.losses, b.losses, [&](const Loss& x, Loss y) {
    if (!same_name(a, x.device, b, y.device)) return false;
    y.device = x.device;
    return x == y;
  });
}

bool same_open_spans(const Trace& a, const Trace& b) {
  return std::ranges::equal(a.open_spans, b.open_spans, [&](const OpenSpan& x, OpenSpan y) {
    if (!same_name(a, x.op, b, y.op) || !same_name(a, x.device, b, y.device)) return false;
    y.op = x.op;
    y.device = x.device;
    return x == y;
  });
}

}  // namespace

const char* name_of(LossCause cause) noexcept {
  switch (cause) {
    case LossCause::kRingFull: return "ring full";
    case LossCause::kNoRing: return "no ring";
    case LossCause::kMemoryBound: return "memory bound";
    case LossCause::kFiltered: return "filtered";
    case LossCause::kOverwritten: return "overwritten";
    case LossCause::kSinkFailed: return "sink failed";
  }
  return "unknown";
}

std::uint64_t EntryView::step() const { return trace_->columns().step[row_]; }
std::string_view EntryView::operation() const { return trace_->operation(trace_->columns().op[row_]); }
std::optional<std::string_view> EntryView::device() const { return trace_->device(trace_->columns().device[row_]); }
ShapeList EntryView::input_shapes() const { return trace_->signatures().at(trace_->columns().shapes[row_]).inputs(); }
Dims EntryView::output_shape() const { return trace_->signatures().at(trace_->columns().shapes[row_]).output(); }
double EntryView::duration_us() const { return trace_->columns().duration_us[row_]; }
std::uint64_t EntryView::output_elements() const { return trace_->output_elements(row_); }
std::uint64_t EntryView::memory_bytes() const { return trace_->memory_bytes(row_); }
std::optional<Nanoseconds> EntryView::begin() const { return time_or_nothing(trace_->columns().begin_ns.at(row_)); }
ThreadId EntryView::thread() const { return trace_->columns().thread.at(row_); }
std::uint16_t EntryView::depth() const { return trace_->columns().depth.at(row_); }
std::optional<Nanoseconds> EntryView::queue_delay() const {
  return time_or_nothing(trace_->columns().queue_delay_ns.at(row_));
}
std::uint64_t EntryView::lost_before() const { return trace_->columns().lost_before.at(row_); }
std::uint32_t EntryView::weight() const { return trace_->columns().weight.at(row_); }
bool EntryView::shapes_dropped() const { return trace_->columns().shapes[row_] == kDroppedShapes; }

TraceEntry EntryView::to_entry() const {
  TraceEntry entry;
  entry.step = step();
  entry.operation = operation();
  if (const auto name = device()) entry.device = std::string(*name);
  for (const Dims dims : input_shapes()) entry.input_shapes.emplace_back(dims.begin(), dims.end());
  const Dims output = output_shape();
  entry.output_shape.assign(output.begin(), output.end());
  entry.duration_us = duration_us();
  entry.output_elements = output_elements();
  entry.memory_bytes = memory_bytes();
  entry.begin = begin();
  entry.thread = thread();
  entry.depth = depth();
  entry.queue_delay = queue_delay();
  entry.shapes_dropped = shapes_dropped();
  entry.lost_before = lost_before();
  entry.weight = weight();
  return entry;
}

void Trace::add(const TraceEntry& entry) {
  Row row;
  row.op = OpId{op_names_.intern(entry.operation)};
  if (entry.device) row.device = DeviceId{device_names_.intern(*entry.device)};
  const bool says_nothing = entry.input_shapes.empty() && entry.output_shape.empty() && entry.output_elements == 0 &&
                            entry.memory_bytes == 0;
  if (entry.shapes_dropped) {
    row.shapes = kDroppedShapes;
  } else if (!says_nothing) {
    SignatureBuilder builder;
    for (const Shape& shape : entry.input_shapes) builder.add_input(shape);
    builder.set_output(entry.output_shape);
    row.shapes = signatures_.intern(builder.finish(element_bytes_of(entry.output_elements, entry.memory_bytes)));
  }
  row.output_elements = entry.output_elements;
  row.memory_bytes = entry.memory_bytes;
  row.step = entry.step;
  row.duration_us = entry.duration_us;
  row.begin_ns = ns_or_absent(entry.begin);
  row.thread = entry.thread;
  row.depth = entry.depth;
  row.queue_delay_ns = ns_or_absent(entry.queue_delay);
  row.lost_before = entry.lost_before;
  row.weight = entry.weight;
  append(row);
  total_duration_us += entry.duration_us;
}

void Trace::append(const Row& row) {
  const std::size_t at = size();
  const std::uint64_t elements = signatures_.elements(row.shapes);
  const std::uint64_t bytes = signatures_.bytes(row.shapes);
  // The first row that disagrees with its signature makes the column; from then on every row is in it.
  const auto put = [&](Column<std::uint64_t>& column, std::uint64_t derived, const std::optional<std::uint64_t>& said,
                       auto derived_of) {
    const std::uint64_t value = said.value_or(derived);
    if (column.empty()) {
      if (value == derived) return;
      column.reserve(columns_.op.capacity());
      for (std::size_t i = 0; i < at; ++i) column.push_back(derived_of(columns_.shapes[i]));
    }
    column.push_back(value);
  };
  put(columns_.output_elements, elements, row.output_elements, [&](ShapesId id) { return signatures_.elements(id); });
  put(columns_.memory_bytes, bytes, row.memory_bytes, [&](ShapesId id) { return signatures_.bytes(id); });
  columns_.op.push_back(row.op);
  columns_.device.push_back(row.device);
  columns_.shapes.push_back(row.shapes);
  columns_.duration_us.push_back(row.duration_us);
  columns_.step.push_back(row.step);
  columns_.begin_ns.set(at, row.begin_ns);
  columns_.thread.set(at, row.thread);
  columns_.depth.set(at, row.depth);
  columns_.queue_delay_ns.set(at, row.queue_delay_ns);
  columns_.lost_before.set(at, row.lost_before);
  columns_.weight.set(at, row.weight);
}

void Trace::reserve(std::size_t rows) {
  columns_.op.reserve(rows);
  columns_.device.reserve(rows);
  columns_.shapes.reserve(rows);
  columns_.duration_us.reserve(rows);
  columns_.step.reserve(rows);
}

Trace::RowSlots Trace::make_rows(std::size_t rows, const RowFacts& facts) {
  const auto make = [&](auto& column) {
    column.resize(rows);
    return column.data();
  };
  RowSlots slots;
  slots.op = make(columns_.op);
  slots.device = make(columns_.device);
  slots.shapes = make(columns_.shapes);
  slots.duration_us = make(columns_.duration_us);
  slots.step = make(columns_.step);
  slots.begin_ns = columns_.begin_ns.overwrite(rows);
  slots.thread = columns_.thread.overwrite(rows);
  columns_.output_elements.clear();
  columns_.memory_bytes.clear();
  if (facts.memory_bytes) slots.memory_bytes = make(columns_.memory_bytes);
  const auto make_if = [&](bool wanted, auto& column) {
    auto* const first = column.overwrite(wanted ? rows : 0);
    return wanted ? first : nullptr;
  };
  slots.depth = make_if(facts.depth, columns_.depth);
  slots.queue_delay_ns = make_if(facts.queue_delay, columns_.queue_delay_ns);
  slots.lost_before = make_if(facts.lost_before, columns_.lost_before);
  slots.weight = make_if(facts.weight, columns_.weight);
  return slots;
}

std::optional<std::string_view> Trace::device(DeviceId device) const {
  if (device == kNoDevice) return std::nullopt;
  return device_names_.at(index_of(device));
}

std::uint64_t Trace::total_memory_bytes() const {
  std::uint64_t sum = 0;
  for (std::size_t row = 0; row < size(); ++row) sum = saturating_add(sum, memory_bytes(row));
  for (const FoldedTotal& total : folded) sum = saturating_add(sum, total.bytes);
  return sum;
}

std::uint64_t Trace::peak_memory_bytes() const {
  std::uint64_t peak = 0;
  for (std::size_t row = 0; row < size(); ++row) peak = std::max(peak, memory_bytes(row));
  return peak;
}

std::vector<EntryView> Trace::slowest_ops(std::size_t n) const {
  std::vector<std::size_t> rows(size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const auto& duration = columns_.duration_us;
  n = std::min(n, rows.size());
  const auto rank = [&](std::size_t row) {
    return std::isnan(duration[row]) ? -std::numeric_limits<double>::infinity() : duration[row];
  };
  // Ties keep trace order because the row number breaks them.
  std::ranges::partial_sort(rows, rows.begin() + static_cast<std::ptrdiff_t>(n), [&](std::size_t a, std::size_t b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a < b;
  });
  std::vector<EntryView> slowest;
  slowest.reserve(n);
  for (std::size_t i = 0; i < n; ++i) slowest.emplace_back(*this, rows[i]);
  return slowest;
}

bool operator==(const Trace& a, const Trace& b) {
  return a.total_duration_us == b.total_duration_us && a.metadata == b.metadata && a.origin == b.origin &&
         a.threads == b.threads && a.categories == b.categories && a.cost == b.cost && same_folded(a, b) &&
         same_losses(a, b) && same_open_spans(a, b) && same_rows(a, b);
}

}  // namespace ringtail
