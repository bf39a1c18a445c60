#include "ringtail/trace/entry.h"

#include <cmath>
#include <limits>
#include <utility>

namespace ringtail::inline v1 {

double to_microseconds(Nanoseconds duration) noexcept {
  // Rust's Duration::as_secs_f64() * 1e6: whole seconds and the rest are added as doubles, then scaled.
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  const std::int64_t ns = duration.count();
  const double seconds = static_cast<double>(ns / kPerSecond) + static_cast<double>(ns % kPerSecond) / 1e9;
  return seconds * 1e6;
}

Nanoseconds to_nanoseconds(double microseconds) noexcept {
  const double ns = std::nearbyint(microseconds * 1e3);
  constexpr double kTooLarge = 9223372036854775808.0;  // 2^63
  if (ns >= kTooLarge) return Nanoseconds::max();
  if (ns < -kTooLarge) return Nanoseconds::min();
  return Nanoseconds{static_cast<std::int64_t>(ns)};
}

double throughput(std::uint64_t elements, double duration_us) noexcept {
  return duration_us < 1e-9 ? 0.0 : static_cast<double>(elements) / duration_us;
}

TraceEntry TraceEntry::with_device(std::string name) && {
  device = std::move(name);
  return std::move(*this);
}

TraceEntry TraceEntry::with_input_shapes(std::vector<Shape> shapes) && {
  input_shapes = std::move(shapes);
  return std::move(*this);
}

TraceEntry TraceEntry::with_output_shape(Shape shape, std::uint32_t element_bytes) && {
  output_elements = element_count(shape);
  memory_bytes = saturating_multiply(output_elements, element_bytes);
  output_shape = std::move(shape);
  return std::move(*this);
}

TraceEntry TraceEntry::with_duration(Nanoseconds duration) && {
  duration_us = to_microseconds(duration);
  return std::move(*this);
}

TraceEntry make_entry(std::uint64_t step, std::string operation) {
  TraceEntry entry;
  entry.step = step;
  entry.operation = std::move(operation);
  return entry;
}

}  // namespace ringtail::inline v1
