// ringtail/trace/entry.h
//
// One traced operation as a value that owns everything: what the reference calls RecordedTraceEntry, plus the
// facts that only the runtime knows. For building traces by hand and for tests; a Trace stores columns
// (trace.h) and shows its entries as views.
//
// The fields are independent facts: nothing forces memory_bytes to follow from the shapes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ringtail/base/clock.h"
#include "ringtail/base/ids.h"
#include "ringtail/trace/signatures.h"

namespace ringtail::inline v1 {

using Shape = std::vector<std::uint64_t>;

// Microseconds as the reference computes them from nanoseconds (seconds first, so 121 ns is 0.12100000000000001).
[[nodiscard]] double to_microseconds(Nanoseconds duration) noexcept;

// Whole nanoseconds nearest to a duration in microseconds; saturates at the ends of the 64-bit range.
[[nodiscard]] Nanoseconds to_nanoseconds(double microseconds) noexcept;

// Elements per microsecond; 0 when the duration is below 1e-9 us.
[[nodiscard]] double throughput(std::uint64_t elements, double duration_us) noexcept;

struct TraceEntry {
  std::uint64_t step = 0;
  std::string operation;
  std::optional<std::string> device;
  std::vector<Shape> input_shapes;
  Shape output_shape;
  double duration_us = 0.0;
  std::uint64_t output_elements = 0;
  std::uint64_t memory_bytes = 0;

  // What the runtime adds; absent in a trace that the reference wrote.
  std::optional<Nanoseconds> begin;        // since the trace's origin; may be negative
  ThreadId thread = kNoThread;             // index into Trace::threads
  std::uint16_t depth = 0;                 // open spans of the same thread around it; outermost is 0
  std::optional<Nanoseconds> queue_delay;  // from submission to begin, for tasks of a pool
  std::uint64_t lost_before = 0;           // spans of the same thread folded between this and its previous entry
  std::uint32_t weight = 1;                // spans that it stands for, where spans were sampled
  bool shapes_dropped = false;             // shapes were given but not kept: the signature table was full

  // The reference's builder.
  TraceEntry with_device(std::string name) &&;
  TraceEntry with_input_shapes(std::vector<Shape> shapes) &&;
  // Also sets output_elements to the product of the shape (1 for a scalar) and memory_bytes to elements x
  // element size, both saturated at 2^64-1.
  TraceEntry with_output_shape(Shape shape, std::uint32_t element_bytes = kDefaultElementBytes) &&;
  TraceEntry with_duration(Nanoseconds duration) &&;

  [[nodiscard]] double throughput_elements_per_us() const { return throughput(output_elements, duration_us); }

  friend bool operator==(const TraceEntry&, const TraceEntry&) = default;
};

// TraceEntry{.step = ..., .operation = ...}, shorter.
[[nodiscard]] TraceEntry make_entry(std::uint64_t step, std::string operation);

}  // namespace ringtail::inline v1
