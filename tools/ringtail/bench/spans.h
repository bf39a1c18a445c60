// tools/ringtail/bench/spans.h
//
// The spans that are measured, as a user would write them: each a function of the call site's ids and a
// running number, for a loop to be built around one call site.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bench/payload.h"
#include "bench/rig.h"
#include "ringtail/record/chain.h"
#include "ringtail/record/scope.h"

namespace ringtail::overhead {

[[gnu::always_inline]] inline void full_span(const Site& site, const Operands& o) {
  const Scope scope(site.recorder, site.op, site.device, {Dims(o.image), Dims(o.weights)}, Dims(o.output),
                    kElementBytes);
  opaque();
}

// Op, device, two input shapes and one output shape, the same as last time.
inline constexpr auto kFullSpan = [](const Site& site, std::size_t i) { full_span(site, turn(same_operands, i)); };

// The next of a chain of full spans.
[[gnu::always_inline]] inline void next_span(Chain& chain, const Site& site, std::size_t i) {
  const Operands& o = turn(same_operands, i);
  chain.next(site.op, site.device, {Dims(o.image), Dims(o.weights)}, Dims(o.output), kElementBytes);
  opaque();
}

// The same with shapes that the thread knows, but not from last time.
inline constexpr auto kOtherShapes = [](const Site& site, std::size_t i) {
  full_span(site, turn(changing_operands, i));
};

// Only an op. Within its loop, as the others are by themselves: the measure is not of a call.
inline constexpr auto kBareSpan = [](const Site& site, std::size_t) __attribute__((always_inline)) {
  const Scope scope(site.recorder, site.op);
  opaque();
};

// A full span whose op is a string literal instead of an id.
inline constexpr auto kNamedSpan = [](const Site& site, std::size_t i) {
  const Operands& o = turn(same_operands, i);
  const Scope scope(site.recorder, kOpName, site.device, {Dims(o.image), Dims(o.weights)}, Dims(o.output),
                    kElementBytes);
  opaque();
};

// A span whose times are given as ticks after `start`: no clock is read.
[[nodiscard]] inline auto timed_by_caller(Ticks start) {
  return [start](const Site& site, std::size_t i) {
    const std::uint64_t begin = start.value + 1'000 * i;
    opaque();
    site.recorder.complete(site.op, site.device, CompleteSpan<Ticks>{{begin}, {begin + 100}, {}});
  };
}

}  // namespace ringtail::overhead
