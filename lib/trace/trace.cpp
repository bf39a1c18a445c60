#include "ringtail/trace/trace.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ringtail::inline v1 {
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
    case LossCause::kNested: return "nested";
    case LossCause::kFileDamaged: return "file damaged";
    case LossCause::kNoMemory: return "no memory";
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
  total_duration_us += entry.duration_us * static_cast<double>(entry.weight);
}

void Trace::append(const Row& row) {
  const std::size_t at = size();
  // The first row that disagrees with its signature makes the column; from then on every row is in it.
  const auto put = [&](Column<std::uint64_t>& column, const std::optional<std::uint64_t>& said, auto derived_of) {
    if (column.empty()) {
      if (!said || *said == derived_of(row.shapes)) return;
      column.reserve(columns_.op.capacity());
      for (std::size_t i = 0; i < at; ++i) column.push_back(derived_of(columns_.shapes[i]));
    }
    column.push_back(said ? *said : derived_of(row.shapes));
  };
  put(columns_.output_elements, row.output_elements, [&](ShapesId id) { return signatures_.elements(id); });
  put(columns_.memory_bytes, row.memory_bytes, [&](ShapesId id) { return signatures_.bytes(id); });
  columns_.op.push_back(row.op);
  columns_.device.push_back(row.device);
  columns_.shapes.push_back(row.shapes);
  columns_.duration_us.push_back(row.duration_us);
  columns_.step.push_back(row.step);
  const std::size_t room = columns_.op.capacity();
  columns_.begin_ns.add(at, row.begin_ns, room);
  columns_.thread.add(at, row.thread, room);
  columns_.depth.add(at, row.depth, room);
  columns_.queue_delay_ns.add(at, row.queue_delay_ns, room);
  columns_.lost_before.add(at, row.lost_before, room);
  columns_.weight.add(at, row.weight, room);
}

void Trace::reserve(std::size_t rows) {
  columns_.op.reserve(rows);
  columns_.device.reserve(rows);
  columns_.shapes.reserve(rows);
  columns_.duration_us.reserve(rows);
  columns_.step.reserve(rows);
}

void Trace::reserve(std::size_t rows, const Facts& facts) {
  Columns& c = columns_;
  reserve(rows);
  if (facts.output_elements) c.output_elements.reserve(rows);
  if (facts.memory_bytes) c.memory_bytes.reserve(rows);
  if (facts.begin_ns) c.begin_ns.reserve(rows);
  if (facts.thread) c.thread.reserve(rows);
  if (facts.depth) c.depth.reserve(rows);
  if (facts.queue_delay_ns) c.queue_delay_ns.reserve(rows);
  if (facts.lost_before) c.lost_before.reserve(rows);
  if (facts.weight) c.weight.reserve(rows);
}

std::size_t Trace::bytes_per_row(const Facts& facts) const noexcept {
  const Columns& c = columns_;
  const auto optional = [](const auto& column, bool fact, std::size_t bytes) {
    return fact || !column.empty() ? bytes : 0;
  };
  return sizeof(OpId) + sizeof(DeviceId) + sizeof(ShapesId) + sizeof(double) +
         c.step.bytes_per_row(facts.largest_step) + optional(c.output_elements, facts.output_elements, 8) +
         optional(c.memory_bytes, facts.memory_bytes, 8) + optional(c.begin_ns, facts.begin_ns, 8) +
         optional(c.thread, facts.thread, 4) + optional(c.depth, facts.depth, 2) +
         optional(c.queue_delay_ns, facts.queue_delay_ns, 8) + optional(c.lost_before, facts.lost_before, 8) +
         optional(c.weight, facts.weight, 4);
}

Trace::NewRows Trace::add_rows(std::size_t count, const Facts& facts) {
  const std::size_t first = size();
  const auto grow = [&](auto& column) {
    column.resize(first + count);
    return std::span(column).subspan(first);
  };
  const auto grow_derived = [&](Column<std::uint64_t>& column, bool wanted, auto derived_of) {
    if (column.empty() && !wanted) return std::span<std::uint64_t>();
    if (column.empty()) {
      column.reserve(first + count);
      for (std::size_t row = 0; row < first; ++row) column.push_back(derived_of(columns_.shapes[row]));
    }
    return grow(column);
  };
  Columns& c = columns_;
  NewRows rows;
  rows.output_elements = grow_derived(c.output_elements, facts.output_elements,
                                      [&](ShapesId shapes) { return signatures_.elements(shapes); });
  rows.memory_bytes =
      grow_derived(c.memory_bytes, facts.memory_bytes, [&](ShapesId shapes) { return signatures_.bytes(shapes); });
  rows.op = grow(c.op);
  rows.device = grow(c.device);
  rows.shapes = grow(c.shapes);
  rows.duration_us = grow(c.duration_us);
  c.step.add_rows(count, facts.largest_step);
  rows.step = StepColumn::Writer(c.step, first);
  rows.begin_ns = c.begin_ns.add_rows(first, count, facts.begin_ns);
  rows.thread = c.thread.add_rows(first, count, facts.thread);
  rows.depth = c.depth.add_rows(first, count, facts.depth);
  rows.queue_delay_ns = c.queue_delay_ns.add_rows(first, count, facts.queue_delay_ns);
  rows.lost_before = c.lost_before.add_rows(first, count, facts.lost_before);
  rows.weight = c.weight.add_rows(first, count, facts.weight);
  return rows;
}

void Trace::reorder(std::size_t first, std::span<const std::size_t> rows) {
  Columns& c = columns_;
  ringtail::reorder(c.op, first, rows);
  ringtail::reorder(c.device, first, rows);
  ringtail::reorder(c.shapes, first, rows);
  ringtail::reorder(c.duration_us, first, rows);
  c.step.reorder(first, rows);
  if (!c.output_elements.empty()) ringtail::reorder(c.output_elements, first, rows);
  if (!c.memory_bytes.empty()) ringtail::reorder(c.memory_bytes, first, rows);
  c.begin_ns.reorder(first, rows);
  c.thread.reorder(first, rows);
  c.depth.reorder(first, rows);
  c.queue_delay_ns.reorder(first, rows);
  c.lost_before.reorder(first, rows);
  c.weight.reorder(first, rows);
}

void Trace::clear_rows() noexcept {
  Columns& c = columns_;
  c.op.clear();
  c.device.clear();
  c.shapes.clear();
  c.duration_us.clear();
  c.step.clear();
  c.output_elements.clear();
  c.memory_bytes.clear();
  c.begin_ns.clear();
  c.thread.clear();
  c.depth.clear();
  c.queue_delay_ns.clear();
  c.lost_before.clear();
  c.weight.clear();
}

std::size_t Trace::Columns::bytes() const noexcept {
  return bytes_of(op) + bytes_of(device) + bytes_of(shapes) + bytes_of(duration_us) + step.bytes() +
         bytes_of(output_elements) + bytes_of(memory_bytes) + begin_ns.bytes() + thread.bytes() + depth.bytes() +
         queue_delay_ns.bytes() + lost_before.bytes() + weight.bytes();
}

std::optional<std::string_view> Trace::device(DeviceId device) const {
  if (device == kNoDevice) return std::nullopt;
  return device_names_.at(index_of(device));
}

std::uint64_t Trace::total_memory_bytes() const {
  std::uint64_t sum = 0;
  const bool weighted = !columns_.weight.empty();
  for (std::size_t row = 0; row < size(); ++row) {
    const std::uint64_t bytes = memory_bytes(row);
    sum = saturating_add(sum, weighted ? saturating_multiply(bytes, columns_.weight.at(row)) : bytes);
  }
  for (const FoldedTotal& total : folded) sum = saturating_add(sum, total.bytes);
  return sum;
}

std::uint64_t Trace::peak_memory_bytes() const {
  std::uint64_t peak = 0;
  for (std::size_t row = 0; row < size(); ++row) peak = std::max(peak, memory_bytes(row));
  return peak;
}

const std::string* Trace::unfinished() const noexcept {
  const auto is_it = [](const auto& entry) { return entry.first == kUnfinished; };  // find() would make a string
  const auto found = std::ranges::find_if(metadata, is_it);
  return found == metadata.end() ? nullptr : &found->second;
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

}  // namespace ringtail::inline v1
