#include "ringtail/format/collapsed.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "format/stream_error.h"

namespace ringtail::inline v1 {
namespace {

struct Line {
  std::string stack;
  std::uint64_t weight = 0;
};

struct Cell {
  std::uint64_t key = 0;  // device << 32 | op
  std::uint64_t weight = 0;
};

struct Escape {
  char byte;
  std::string_view code;
};
constexpr std::array<Escape, 4> kEscapes = {{{'%', "%25"}, {';', "%3B"}, {'\n', "%0A"}, {'\r', "%0D"}}};

// What the reference makes of `us` when it reads it from a file: serde_json takes the digits as an integer and
// divides by a power of ten, each rounded to a double. 979.4999999999999 becomes 979.5 that way.
double as_reference_reads(double us) {
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, us, std::chars_format::scientific).ptr;
  std::uint64_t digits = 0;
  int exponent = 0;
  const char* at = text;
  for (bool fraction = false; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
    if (fraction) --exponent;
  }
  int written = 0;
  std::from_chars(at + (at[1] == '+' ? 2 : 1), end, written);
  exponent += written;
  const double power = std::pow(10.0, std::abs(exponent));  // exact: below 10^23 for what has a fraction
  return exponent < 0 ? static_cast<double>(digits) / power : static_cast<double>(digits) * power;
}

// max(us, 1), rounded half away from zero; a NaN weighs 1. Just below a half as the reference rounds it.
std::uint64_t weight_of(double us) {
  constexpr double kTooLarge = 18446744073709551616.0;  // 2^64
  if (!(us > 1.0)) return 1;
  if (us >= kTooLarge) return UINT64_MAX;
  const auto whole = static_cast<std::uint64_t>(us);
  double fraction = us - static_cast<double>(whole);  // the difference is exact
  if (fraction < 0.5 && 0.5 - fraction <= us * 1e-15) fraction = as_reference_reads(us) - static_cast<double>(whole);
  return whole + (fraction >= 0.5 ? 1 : 0);
}

std::uint64_t weight_of(const FoldedTotal& total) {
  const std::int64_t ns = std::max<std::int64_t>(total.duration.count(), 0);
  const auto rounded_us = static_cast<std::uint64_t>(ns / 1000 + (ns % 1000 >= 500 ? 1 : 0));
  return std::max(rounded_us, saturating_add(total.count, total.extra));
}

std::uint64_t key_of(DeviceId device, OpId op) { return std::uint64_t{index_of(device)} << 32U | index_of(op); }

// Calls visit(device, op, weight) for every row and every folded total.
template <class Visit>
void visit_weights(const Trace& trace, Visit visit) {
  const Trace::Columns& columns = trace.columns();
  for (std::size_t row = 0; row < trace.size(); ++row) {
    visit(columns.device[row], columns.op[row],
          saturating_multiply(weight_of(columns.duration_us[row]), columns.weight.at(row)));
  }
  for (const FoldedTotal& total : trace.folded) {
    if (total.count != 0 || total.extra != 0) visit(total.device, total.op, weight_of(total));
  }
}

// One weight for every pair of the tables: for the usual trace, whose table of pairs is smaller than its
// rows.
std::vector<Cell> cells_by_table(const Trace& trace) {
  const std::uint32_t ops = trace.op_names().size();
  const std::uint32_t devices = trace.device_names().size();
  std::vector<std::uint64_t> weights((std::size_t{devices} + 1) * ops);  // the last device is none
  visit_weights(trace, [&](DeviceId device, OpId op, std::uint64_t weight) {
    std::uint64_t& sum = weights[std::size_t{std::min(index_of(device), devices)} * ops + index_of(op)];
    sum = saturating_add(sum, weight);
  });
  std::vector<Cell> cells;
  for (std::size_t at = 0; at < weights.size(); ++at) {
    if (weights[at] == 0) continue;
    const auto device = static_cast<std::uint32_t>(at / ops);
    const OpId op{static_cast<std::uint32_t>(at % ops)};
    cells.push_back({key_of(device == devices ? kNoDevice : DeviceId{device}, op), weights[at]});
  }
  return cells;
}

// For traces with nearly as many names as rows, where the table of pairs would be their square.
std::vector<Cell> cells_by_sorting(const Trace& trace) {
  std::vector<Cell> all;
  all.reserve(trace.size() + trace.folded.size());
  visit_weights(trace, [&](DeviceId device, OpId op, std::uint64_t weight) {
    all.push_back({key_of(device, op), weight});
  });
  std::ranges::sort(all, {}, &Cell::key);
  std::vector<Cell> cells;
  for (const Cell& cell : all) {
    if (cells.empty() || cells.back().key != cell.key) {
      cells.push_back(cell);
    } else {
      cells.back().weight = saturating_add(cells.back().weight, cell.weight);
    }
  }
  return cells;
}

// The lines in order; frame(name) is how a name stands in its stack.
template <class Frame>
std::vector<Line> lines_of(const Trace& trace, Frame frame) {
  const std::size_t pairs = (std::size_t{trace.device_names().size()} + 1) * trace.op_names().size();
  const bool few = pairs <= 4 * trace.size() + 4096;
  std::vector<Line> lines;
  for (const Cell& cell : few ? cells_by_table(trace) : cells_by_sorting(trace)) {
    const auto device = trace.device(DeviceId{static_cast<std::uint32_t>(cell.key >> 32U)});
    const auto op = trace.operation(OpId{static_cast<std::uint32_t>(cell.key)});
    std::string stack = "trace;";
    stack.append(frame(device.value_or("unknown"))).append(";").append(frame(op));
    lines.push_back({std::move(stack), cell.weight});
  }
  std::ranges::sort(lines, {}, &Line::stack);
  std::vector<Line> merged;
  for (Line& line : lines) {
    if (!merged.empty() && merged.back().stack == line.stack) {
      merged.back().weight = saturating_add(merged.back().weight, line.weight);
    } else {
      merged.push_back(std::move(line));
    }
  }
  return merged;
}

}  // namespace

std::string flamegraph_collapsed(const Trace& trace) {
  std::string text;
  for (const Line& line : lines_of(trace, [](std::string_view name) { return name; })) {
    if (!text.empty()) text += '\n';
    text.append(line.stack).append(" ").append(std::to_string(line.weight));
  }
  return text;
}

Status write_collapsed(const Trace& trace, std::ostream& out) {
  for (const Line& line : lines_of(trace, escape_frame)) out << line.stack << ' ' << line.weight << '\n';
  if (!out.flush()) return write_failure("collapsed stacks");
  return Done{};
}

std::string escape_frame(std::string_view name) {
  std::string frame;
  frame.reserve(name.size());
  for (const char byte : name) {
    const auto* escape = std::ranges::find(kEscapes, byte, &Escape::byte);
    if (escape == kEscapes.end()) {
      frame += byte;
    } else {
      frame += escape->code;
    }
  }
  return frame;
}

std::optional<std::string> unescape_frame(std::string_view frame) {
  std::string name;
  name.reserve(frame.size());
  while (!frame.empty()) {
    const auto* escape = std::ranges::find_if(kEscapes, [&](const Escape& e) { return frame.starts_with(e.code); });
    if (escape != kEscapes.end()) {
      name += escape->byte;
      frame.remove_prefix(escape->code.size());
    } else if (std::ranges::find(kEscapes, frame.front(), &Escape::byte) != kEscapes.end()) {
      return std::nullopt;
    } else {
      name += frame.front();
      frame.remove_prefix(1);
    }
  }
  return name;
}

}  // namespace ringtail::inline v1
