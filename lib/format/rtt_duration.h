// format/rtt_duration.h
//
// Durations as whole nanoseconds where that gives the same doubles back.
//
// Shape    A trace's durations are microseconds. Recorded ones are to_microseconds(ns) (trace/entry.h); those of
//          files with three decimals are ns / 1000.0, which differs in the last bit for one in a few. A chunk's
//          durations all have one form; none of both makes them doubles.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ringtail/trace/entry.h"

namespace ringtail::inline v1 {

enum class DurationForm : std::uint8_t {
  kDouble = 0,
  kNanoseconds = 1,  // to_microseconds(ns)
  kThousandths = 2,  // ns / 1000.0
};

[[nodiscard]] inline double to_duration(DurationForm form, std::uint64_t ns) noexcept {
  if (form == DurationForm::kThousandths) return static_cast<double>(static_cast<std::int64_t>(ns)) / 1000.0;
  // to_microseconds(), whose whole seconds are 0 here.
  if (ns < 1'000'000'000) return static_cast<double>(static_cast<std::int64_t>(ns)) / 1e9 * 1e6;
  return to_microseconds(Nanoseconds{static_cast<std::int64_t>(ns)});
}

// Requires: form is not kDouble; both of one size.
inline void decode_durations(DurationForm form, std::span<const std::uint64_t> ns, std::span<double> durations) {
  std::uint64_t bits = 0;
  for (const std::uint64_t value : ns) bits |= value;
  if (form == DurationForm::kNanoseconds && bits < 1'000'000'000) {
    // As to_duration(), by 32-bit numbers, which even old vector units convert several at once.
    for (std::size_t i = 0; i < ns.size(); ++i) durations[i] = static_cast<std::int32_t>(ns[i]) / 1e9 * 1e6;
  } else {
    for (std::size_t i = 0; i < ns.size(); ++i) durations[i] = to_duration(form, ns[i]);
  }
}

// The first form that is exact for all, with its values in `ns`, whose size is that of `durations`.
[[nodiscard]] inline DurationForm code_durations(std::span<const double> durations,
                                                 std::span<std::uint64_t> ns) noexcept {
  constexpr double kMostNs = 0x1p53;  // no larger whole number is told from its neighbours
  for (const DurationForm form : {DurationForm::kNanoseconds, DurationForm::kThousandths}) {
    bool exact = true;
    for (std::size_t i = 0; exact && i < durations.size(); ++i) {
      const double nearest = durations[i] * 1e3 + 0.5;
      exact = nearest >= 0.0 && nearest < kMostNs;
      if (!exact) break;
      ns[i] = static_cast<std::uint64_t>(static_cast<std::int64_t>(nearest));
      exact = std::bit_cast<std::uint64_t>(to_duration(form, ns[i])) == std::bit_cast<std::uint64_t>(durations[i]);
    }
    if (exact) return form;
  }
  return DurationForm::kDouble;
}

}  // namespace ringtail::inline v1
