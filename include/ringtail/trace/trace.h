// ringtail/trace/trace.h
//
// A trace as a plain value: one row per operation, stored as columns over interned names and shapes, with the
// reference's entries as views of the rows. What JSON is read into, what a Session ends in, what analyses take.
//
// Shape    Columns of equal length. Facts that a trace may lack (start times, threads, ...) are columns that stay
//          empty until one row has the fact. output_elements and memory_bytes are derived from the signature, and
//          stored only in traces where a row disagrees with its own shapes.
// Order    As added. A trace taken from a Session is ordered by (begin, thread, sequence), so the rows of each device
//          are as well.
// Units    Durations: microseconds as a double, the reference's unit. Times: Nanoseconds since origin.
// Threads  As a std::vector. Views are valid until the trace is changed or destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ringtail/base/clock.h"
#include "ringtail/base/ids.h"
#include "ringtail/trace/columns.h"
#include "ringtail/trace/entry.h"
#include "ringtail/trace/ledger.h"
#include "ringtail/trace/names.h"
#include "ringtail/trace/signatures.h"

namespace ringtail::inline v1 {

inline constexpr std::int64_t kNoTime = INT64_MIN;

class Trace;

// One row, read through its trace. Two words; copy it freely.
class EntryView {
 public:
  EntryView(const Trace& trace, std::size_t row) : trace_(&trace), row_(row) {}

  [[nodiscard]] std::size_t row() const { return row_; }
  [[nodiscard]] std::uint64_t step() const;
  [[nodiscard]] std::string_view operation() const;
  [[nodiscard]] std::optional<std::string_view> device() const;
  [[nodiscard]] ShapeList input_shapes() const;
  [[nodiscard]] Dims output_shape() const;
  [[nodiscard]] double duration_us() const;
  [[nodiscard]] std::uint64_t output_elements() const;
  [[nodiscard]] std::uint64_t memory_bytes() const;
  [[nodiscard]] double throughput_elements_per_us() const { return throughput(output_elements(), duration_us()); }

  [[nodiscard]] std::optional<Nanoseconds> begin() const;
  [[nodiscard]] ThreadId thread() const;
  [[nodiscard]] std::uint16_t depth() const;
  [[nodiscard]] std::optional<Nanoseconds> queue_delay() const;
  [[nodiscard]] bool shapes_dropped() const;
  [[nodiscard]] std::uint64_t lost_before() const;
  [[nodiscard]] std::uint32_t weight() const;

  [[nodiscard]] TraceEntry to_entry() const;

 private:
  const Trace* trace_;
  std::size_t row_;
};

// The metadata key of a trace that was read from a file without its end; the value says how far it went.
inline constexpr char kUnfinished[] = "ringtail.unfinished";

class Trace {
 public:
  // A row whose names and shapes are ids of this trace's tables.
  struct Row {
    OpId op{};
    DeviceId device = kNoDevice;
    ShapesId shapes = kNoShapes;
    std::uint64_t step = 0;
    double duration_us = 0.0;
    std::optional<std::uint64_t> output_elements = std::nullopt;  // absent: as the signature says
    std::optional<std::uint64_t> memory_bytes = std::nullopt;     // absent: as the signature says
    std::int64_t begin_ns = kNoTime;
    ThreadId thread = kNoThread;
    std::uint16_t depth = 0;
    std::int64_t queue_delay_ns = kNoTime;
    std::uint64_t lost_before = 0;
    std::uint32_t weight = 1;  // spans that the row stands for: more than 1 where its category was sampled
  };

  struct Columns {
    Column<OpId> op;
    Column<DeviceId> device;  // kNoDevice where the entry has none
    Column<ShapesId> shapes;
    Column<double> duration_us;
    StepColumn step;
    Column<std::uint64_t> output_elements;  // empty: every row is as its signature says
    Column<std::uint64_t> memory_bytes;     // empty: every row is as its signature says
    OptionalColumn<std::int64_t, kNoTime> begin_ns;
    OptionalColumn<ThreadId, kNoThread> thread;
    OptionalColumn<std::uint16_t, std::uint16_t{0}> depth;
    OptionalColumn<std::int64_t, kNoTime> queue_delay_ns;
    OptionalColumn<std::uint64_t, std::uint64_t{0}> lost_before;
    OptionalColumn<std::uint32_t, std::uint32_t{1}> weight;

    // What they hold, room for further rows included.
    [[nodiscard]] std::size_t bytes() const noexcept;
  };

  // What rows to come will say, so that they have the columns for it; true for what at least one row has.
  struct Facts {
    std::uint64_t largest_step = 0;  // or more
    bool output_elements = false;    // differ from the signature's
    bool memory_bytes = false;       // differ from the signature's
    bool begin_ns = false;
    bool thread = false;
    bool depth = false;
    bool queue_delay_ns = false;
    bool lost_before = false;
    bool weight = false;
  };

  // Rows to be filled column by column, index 0 being the first of them; empty where the trace has no such column.
  struct NewRows {
    std::span<OpId> op;
    std::span<DeviceId> device;
    std::span<ShapesId> shapes;
    std::span<double> duration_us;
    StepColumn::Writer step;
    std::span<std::uint64_t> output_elements;
    std::span<std::uint64_t> memory_bytes;
    std::span<std::int64_t> begin_ns;  // kNoTime where a row lacks it
    std::span<ThreadId> thread;
    std::span<std::uint16_t> depth;
    std::span<std::int64_t> queue_delay_ns;  // kNoTime where a row lacks it
    std::span<std::uint64_t> lost_before;
    std::span<std::uint32_t> weight;
  };

  // The reference's add_entry: interns what the entry names, appends it, adds its duration to total_duration_us
  // as often as its weight says.
  void add(const TraceEntry& entry);

  // Appends a row; total_duration_us is left alone.
  void append(const Row& row);
  void reserve(std::size_t rows);
  void reserve(std::size_t rows, const Facts& facts);  // in the columns for these facts as well
  // Bytes of a row in the columns that there are and those for these facts.
  [[nodiscard]] std::size_t bytes_per_row(const Facts& facts) const noexcept;

  // Appends `count` rows that hold nothing until every span of the result that is not empty was filled, by several
  // threads at once if they like. Asking for a fact of the signature takes it from earlier rows' signatures.
  [[nodiscard]] NewRows add_rows(std::size_t count, const Facts& facts);

  // Puts row rows[i] at first + i. Requires: `rows` are first, first + 1, ... in some order.
  void reorder(std::size_t first, std::span<const std::size_t> rows);

  // Takes all rows away; tables and memory stay, for rows to come.
  void clear_rows() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return columns_.op.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  // Requires: row < size().
  [[nodiscard]] EntryView operator[](std::size_t row) const { return {*this, row}; }
  [[nodiscard]] std::uint64_t output_elements(std::size_t row) const;
  [[nodiscard]] std::uint64_t memory_bytes(std::size_t row) const;

  [[nodiscard]] const Columns& columns() const noexcept { return columns_; }
  [[nodiscard]] const NameTable& op_names() const noexcept { return op_names_; }
  [[nodiscard]] NameTable& op_names() noexcept { return op_names_; }
  [[nodiscard]] const NameTable& device_names() const noexcept { return device_names_; }
  [[nodiscard]] NameTable& device_names() noexcept { return device_names_; }
  [[nodiscard]] const SignatureTable& signatures() const noexcept { return signatures_; }
  [[nodiscard]] SignatureTable& signatures() noexcept { return signatures_; }

  [[nodiscard]] std::string_view operation(OpId op) const { return op_names_.at(index_of(op)); }
  [[nodiscard]] std::optional<std::string_view> device(DeviceId device) const;

  // The reference's trace-level results.
  [[nodiscard]] std::size_t step_count() const noexcept { return size(); }
  // Of rows, each as often as its weight says, and folded spans; saturated.
  [[nodiscard]] std::uint64_t total_memory_bytes() const;
  [[nodiscard]] std::uint64_t peak_memory_bytes() const;  // largest single row; 0 when empty
  // The n longest rows, longest first, equal ones in trace order, NaN as the shortest.
  [[nodiscard]] std::vector<EntryView> slowest_ops(std::size_t n) const;

  // True when every span that was attempted is a row: the timeline has no holes, and is known to its end.
  [[nodiscard]] bool complete() const noexcept { return folded.empty() && losses.empty() && unfinished() == nullptr; }

  // kUnfinished's value: the file's program was killed or still wrote it, and what came after is not known. Null for
  // a whole trace.
  [[nodiscard]] const std::string* unfinished() const noexcept;

  // Independent facts, read and written as they are.
  double total_duration_us = 0.0;  // sum over what was added, weighted, folded spans included
  std::map<std::string, std::string> metadata;
  std::optional<Origin> origin;
  std::vector<TraceThread> threads;       // indexed by ThreadId
  std::vector<FoldedTotal> folded;        // ordered by (op, device)
  std::vector<Loss> losses;               // the ledger, ordered by (thread, device, cause)
  std::vector<OpenSpan> open_spans;       // ordered by (thread, depth)
  std::vector<TraceCategory> categories;  // those that are not recorded whole, in the order of their making
  std::optional<TracerCost> cost;

 private:
  Columns columns_;
  NameTable op_names_;
  NameTable device_names_;
  SignatureTable signatures_;
};

// Inline: analyses ask for these once per row.
inline std::uint64_t Trace::output_elements(std::size_t row) const {
  return columns_.output_elements.empty() ? signatures_.elements(columns_.shapes[row])
                                          : columns_.output_elements[row];
}

inline std::uint64_t Trace::memory_bytes(std::size_t row) const {
  return columns_.memory_bytes.empty() ? signatures_.bytes(columns_.shapes[row]) : columns_.memory_bytes[row];
}

// Equal facts in equal order; the numbering of names and signatures does not matter.
[[nodiscard]] bool operator==(const Trace& a, const Trace& b);

}  // namespace ringtail::inline v1
