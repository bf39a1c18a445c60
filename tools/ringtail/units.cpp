#include "units.h"

#include <cmath>
#include <cstdio>
#include <iterator>

namespace ringtail::cli {
namespace {

std::string printed(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ' ');
  return digits;
}

std::string count_text(std::uint64_t count, const char* singular) {
  return count_text(count) + " " + singular + (count == 1 ? "" : "s");
}

std::string short_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e7 || (size < 0.01 && size != 0.0) || !std::isfinite(value)) return printed("%.3g", value);
  // The bounds are where rounding would add a digit.
  return printed(size < 9.995 ? "%.2f" : size < 99.95 ? "%.1f" : "%.0f", value);
}

std::string duration_text(double microseconds) {
  const double size = std::abs(microseconds);
  if (size == 0.0) return "0 us";
  if (size < 0.9995) return printed(size < 9.995e-6 ? "%.3g" : "%.0f", microseconds * 1e3) + " ns";
  if (size < 999.5) return short_text(microseconds) + " us";
  if (size < 999.5e3) return short_text(microseconds / 1e3) + " ms";
  return short_text(microseconds / 1e6) + " s";
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  static constexpr const char* kUnits[] = {" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  double value = static_cast<double>(bytes) / 1024.0;
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < std::size(kUnits)) {
    value /= 1024.0;
    ++unit;
  }
  return short_text(value) + kUnits[unit];
}

std::string percent_text(double ratio) {
  const double percent = ratio * 100.0;
  return printed(std::abs(percent) < 1e6 ? "%.1f" : "%.3g", percent) + " %";
}

}  // namespace ringtail::cli
