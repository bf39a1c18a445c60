// tests/support/hostile_trace.h
//
// Traces for laws like read(write(t)) == t: every fact present and absent, every number up to its extremes,
// names that break careless writers. The same seed gives the same trace on every machine.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

class HostileTrace {
 public:
  explicit HostileTrace(std::uint64_t seed) : state_(seed) {}

  // Names are UTF-8, doubles finite, thread indices within the table of threads unless there is none.
  Trace make() {
    Trace trace;
    for (std::uint64_t i = below(4); i > 0; --i) trace.threads.push_back(account());
    for (std::uint64_t i = below(20); i > 0; --i) trace.add(entry(trace));
    trace.total_duration_us = finite();
    for (std::uint64_t i = below(4); i > 0; --i) trace.metadata[name()] = name();
    if (chance(2)) {
      trace.origin = Origin{time(), time(), name()};
      for (std::uint64_t i = below(3); i > 0; --i) trace.origin->later.push_back({time(), time()});
    }
    for (std::uint64_t i = below(3); i > 0; --i)
      trace.folded.push_back({op(trace), device(trace), count(), time(), count(), time(), count_or_none()});
    for (std::uint64_t i = below(3); i > 0; --i) {
      const auto cause = kLossCauses[below(kLossCauses.size())];
      trace.losses.push_back({thread(trace), device(trace), cause, count(), time(), time()});
    }
    for (std::uint64_t i = below(3); i > 0; --i) {
      trace.open_spans.push_back({thread(trace), op(trace), device(trace), small(), time()});
    }
    for (std::uint64_t i = below(3); i > 0; --i)
      trace.categories.push_back({name(), chance(2), time(), weight(), chance(2)});
    if (chance(3)) trace.cost = TracerCost{finite(), finite(), finite(), time(), time(), time()};
    return trace;
  }

  // SplitMix64.
  std::uint64_t next() {
    std::uint64_t x = state_ += 0x9E37'79B9'7F4A'7C15ULL;
    x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBULL;
    return x ^ (x >> 31U);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }

  // Any double but NaN and the infinities, often one that is hard to print.
  double finite() {
    switch (below(6)) {
      case 0: return static_cast<double>(below(1'000'000)) / 1000.0;
      case 1: return static_cast<double>(next() >> below(64));
      case 2: return chance(2) ? 0.0 : -0.0;
      case 3: return std::ldexp(1.0, static_cast<int>(below(2000)) - 1000);
      case 4: return chance(2) ? std::numeric_limits<double>::max() : std::numeric_limits<double>::denorm_min();
      default: break;
    }
    const auto value = std::bit_cast<double>(next());
    return std::isfinite(value) ? value : 1.0;
  }

 private:
  std::string name() {
    static const std::string kNames[] = {"",
                                         "matmul",
                                         "a;b",
                                         "quote\" back\\slash",
                                         std::string("nul\0 inside", 11),
                                         "\x01\x1f\b\t\n\f\r\x7f",
                                         "op\xC3\xA9ration",
                                         "\xF0\x9F\x98\x80",
                                         "\xEF\xBF\xBF",
                                         "/</script>",
                                         "trailing "};
    // Longer than the parser's own buffer for unescaped text.
    if (chance(40)) return std::string(5000, '\\');
    if (chance(40)) return std::string(3000, 'x') + "\n" + std::string(3000, 'y');
    return kNames[below(std::size(kNames))];
  }
  std::uint64_t count() {
    switch (below(4)) {
      case 0: return below(100);
      case 1: return std::numeric_limits<std::uint64_t>::max() - below(3);
      default: return next() >> below(64);
    }
  }
  Nanoseconds time() {
    switch (below(4)) {
      case 0: return Nanoseconds{static_cast<std::int64_t>(below(1'000'000))};
      case 1: return chance(2) ? Nanoseconds::max() : Nanoseconds{INT64_MIN + 1};
      default: return Nanoseconds{static_cast<std::int64_t>(next() | 1U) >> below(63)};
    }
  }
  std::uint16_t small() { return static_cast<std::uint16_t>(chance(2) ? below(4) : next()); }
  Shape shape() {
    Shape shape;
    for (std::uint64_t i = chance(4) ? below(21) : below(4); i > 0; --i)
      shape.push_back(chance(10) ? count() : below(5));
    return shape;
  }
  OpId op(Trace& trace) { return OpId{trace.op_names().intern(name())}; }
  DeviceId device(Trace& trace) { return chance(3) ? kNoDevice : DeviceId{trace.device_names().intern(name())}; }
  ThreadId thread(const Trace& trace) {
    if (chance(3)) return kNoThread;
    return static_cast<ThreadId>(trace.threads.empty() ? below(0xFFFF'FFFF) : below(trace.threads.size()));
  }
  std::uint64_t count_or_none() { return chance(2) ? 0 : count(); }
  Nanoseconds time_or_none() { return chance(2) ? Nanoseconds{0} : time(); }
  std::uint32_t weight() { return chance(2) ? 1 : std::max(1U, static_cast<std::uint32_t>(next() >> below(64))); }
  TraceThread account() {
    return {name(),  time().count(),  count(),        count(),        count(),       count(),
            count(), count_or_none(), time_or_none(), time_or_none(), time_or_none()};
  }
  TraceEntry entry(const Trace& trace) {
    TraceEntry entry = make_entry(count(), name());
    if (!chance(3)) entry.device = name();
    entry.shapes_dropped = chance(8);
    if (!entry.shapes_dropped) {
      for (std::uint64_t i = below(4); i > 0; --i) entry.input_shapes.push_back(shape());
      if (!chance(4)) entry = std::move(entry).with_output_shape(shape(), static_cast<std::uint32_t>(below(17)));
    }
    if (chance(6)) entry.output_elements = count();
    if (chance(6)) entry.memory_bytes = count();
    entry.duration_us = finite();
    if (chance(2)) entry.begin = time();
    if (chance(2)) entry.thread = thread(trace);
    if (chance(2)) entry.depth = small();
    if (chance(3)) entry.queue_delay = time();
    if (chance(4)) entry.lost_before = count();
    entry.weight = weight();
    return entry;
  }

  std::uint64_t state_;
};

}  // namespace ringtail::inline v1
