#include "tests/fuzz/trace_of_bytes.h"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

namespace ringtail::fuzz {
namespace {

class Spelling {
 public:
  explicit Spelling(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  Trace trace() {
    const std::uint8_t facts = byte();
    for (std::uint64_t i = byte() % 4; i > 0; --i) trace_.threads.push_back(account());
    if ((facts & 1U) != 0) trace_.origin = Origin{time(), time(), name()};
    if ((facts & 2U) != 0) trace_.cost = TracerCost{real(), real(), real(), time(), time(), time()};
    if ((facts & 4U) != 0) trace_.metadata[name()] = name();
    if ((facts & 8U) != 0) trace_.metadata[name()] = name();
    if ((facts & 16U) != 0) trace_.folded.push_back(folded());
    if ((facts & 32U) != 0) trace_.losses.push_back(loss());
    if ((facts & 64U) != 0) trace_.open_spans.push_back(open_span());
    if ((facts & 128U) != 0) trace_.categories.push_back(category());
    while (!rest_.empty()) trace_.append(row());
    for (std::size_t at = 0; at < trace_.size(); ++at) trace_.total_duration_us += trace_.columns().duration_us[at];
    return std::move(trace_);
  }

 private:
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }

  std::uint64_t word() {
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8U | byte();
    return word;
  }

  // Small ones in one byte, the ends of all ranges in two, any in nine.
  std::uint64_t number() {
    const std::uint8_t first = byte();
    if (first < 240) return first;
    if (first < 248) return word();
    const std::uint8_t second = byte();
    return (second < 128 ? std::uint64_t{1} << second % 64U : ~std::uint64_t{0} >> second % 64U) + (first & 3U) - 1;
  }

  std::int64_t whole() { return std::bit_cast<std::int64_t>(number()); }
  Nanoseconds time() { return Nanoseconds{whole()}; }

  double real() {
    const std::uint8_t kind = byte();
    return kind < 200 ? static_cast<double>(number()) / (kind + 1) : std::bit_cast<double>(word());
  }

  // Up to 31 bytes as they come, or a name that came before, or that one many times.
  std::string name() {
    const std::uint8_t first = byte();
    std::string name;
    if (first >= 128 && !names_.empty()) {
      const std::string& known = names_[first % names_.size()];
      for (int i = first >= 250 ? 40 : 1; i > 0; --i) name += known;
      return name;
    }
    for (std::uint8_t i = first % 32; i > 0 && !rest_.empty(); --i) name += static_cast<char>(byte());
    names_.push_back(name);
    return name;
  }

  OpId op() { return OpId{trace_.op_names().intern(name())}; }

  DeviceId device() {
    if (byte() % 4 == 0) return kNoDevice;
    return DeviceId{trace_.device_names().intern(name())};
  }

  // Also of threads that are in no table.
  ThreadId thread() {
    const std::uint64_t said = number();
    return said % 8 == 0 ? kNoThread : static_cast<ThreadId>(said / 8 % (trace_.threads.size() + 1));
  }

  TraceThread account() {
    TraceThread thread{.name = name(), .os_id = whole(), .attempted = number(), .recorded = number()};
    thread.folded = number();
    if (byte() % 2 == 0) return thread;
    thread.shapes_dropped = number();
    thread.clock_steps = number();
    thread.sampled_out = number();
    thread.held = time();
    thread.cpu = time();
    thread.blocked = time();
    return thread;
  }

  FoldedTotal folded() { return {op(), device(), number(), time(), number(), time(), number()}; }

  Loss loss() {
    const auto cause = static_cast<LossCause>(byte() % 6);
    return {thread(), device(), cause, number(), time(), time()};
  }

  OpenSpan open_span() { return {thread(), op(), device(), static_cast<std::uint16_t>(number()), time()}; }

  TraceCategory category() {
    return {name(), byte() % 2 == 0, time(), static_cast<std::uint32_t>(number()), byte() % 2 == 0};
  }

  std::vector<std::uint64_t> dims() {
    std::vector<std::uint64_t> dims;
    for (int i = byte() % 5; i > 0; --i) dims.push_back(number());
    return dims;
  }

  ShapesId shapes() {
    const std::uint8_t kind = byte();
    if (kind < 64) return kNoShapes;
    if (kind < 80) return kDroppedShapes;
    SignatureBuilder signature;
    for (int i = kind % 4; i > 0; --i) signature.add_input(dims());
    if (kind < 208) signature.set_output(dims());
    return trace_.signatures().intern(signature.finish(static_cast<std::uint32_t>(number())));
  }

  Trace::Row row() {
    const std::uint8_t facts = byte();
    Trace::Row row{.op = op(), .device = device(), .shapes = shapes(), .step = number(), .duration_us = real()};
    if ((facts & 1U) != 0) row.begin_ns = whole();
    if ((facts & 2U) != 0) row.thread = thread();
    if ((facts & 4U) != 0) row.depth = static_cast<std::uint16_t>(number());
    if ((facts & 8U) != 0) row.queue_delay_ns = whole();
    if ((facts & 16U) != 0) row.lost_before = number();
    if ((facts & 32U) != 0) row.weight = static_cast<std::uint32_t>(number());
    if ((facts & 64U) != 0) row.output_elements = number();
    if ((facts & 128U) != 0) row.memory_bytes = number();
    return row;
  }

  std::span<const std::uint8_t> rest_;
  std::vector<std::string> names_;
  Trace trace_;
};

}  // namespace

Trace trace_of(std::span<const std::uint8_t> bytes) { return Spelling(bytes).trace(); }

}  // namespace ringtail::fuzz
