// ringtail/base/clock.h
//
// Where times come from: a counter cheap enough to read twice per span, and the pairs that turn it into nanoseconds.
//
// Shape    A Clock is a value of two words. Ticks are the counter's own unit; ClockPair ties one tick to the same
//          moment of CLOCK_MONOTONIC, so that ticks of a whole session are converted by interpolation (ClockMap).
// Units    Ticks: of the clock that made them. Nanoseconds: since CLOCK_MONOTONIC's epoch, unless said otherwise.
// Threads  now() and pair(): any. ManualClock: any.
// Cost     now(): one predictable branch and the counter's read; no fence, so a few neighbouring instructions may
//          move across it (ordering it costs 10 to 20 ns, see benchmarks/README.md).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace ringtail::inline v1 {

using Nanoseconds = std::chrono::nanoseconds;

struct Ticks {
  std::uint64_t value = 0;
  friend auto operator<=>(const Ticks&, const Ticks&) = default;
};

// The same moment on two clocks.
struct ClockPair {
  Ticks ticks;
  Nanoseconds monotonic{0};
};

// A clock that a test turns by hand; one tick is one nanosecond. Shared by reference, so it must outlive its Clocks.
class ManualClock {
 public:
  explicit ManualClock(Nanoseconds start = Nanoseconds{0}) : now_(start.count()) {}
  void advance(Nanoseconds by) { now_.fetch_add(by.count(), std::memory_order_relaxed); }  // a test's own clock
  void set(Nanoseconds to) { now_.store(to.count(), std::memory_order_relaxed); }          // a test's own clock
  [[nodiscard]] std::int64_t now_ns() const noexcept { return now_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> now_;
};

class Clock {
 public:
  enum class Source : std::uint8_t {
    kCounter,    // time-stamp counter (x86-64) or generic timer (AArch64), read in user space
    kMonotonic,  // clock_gettime(CLOCK_MONOTONIC)
    kManual,     // a ManualClock
  };

  // The counter where it is invariant and agrees across cores (checked once per process), else CLOCK_MONOTONIC.
  [[nodiscard]] static Clock best();
  [[nodiscard]] static Clock monotonic() { return Clock(Source::kMonotonic, nullptr); }
  [[nodiscard]] static Clock manual(const ManualClock& clock) { return Clock(Source::kManual, &clock); }

  [[nodiscard]] Ticks now() const noexcept {
    if (source_ == Source::kCounter) [[likely]]
      return Ticks{counter()};
    return Ticks{slow_now()};
  }

  // One moment on this clock and on CLOCK_MONOTONIC, from the tightest of a few bracketed reads.
  // With kMonotonic and kManual both are the same number.
  [[nodiscard]] ClockPair pair() const noexcept;

  // Ticks that a duration takes, at the rate that was measured over a few milliseconds when the process first asked:
  // good to about 1e-5, for thresholds; times of spans are converted through pairs. 0 for a negative duration.
  [[nodiscard]] std::uint64_t ticks_in(Nanoseconds duration) const;

  [[nodiscard]] Source source() const noexcept { return source_; }

 private:
  Clock(Source source, const ManualClock* manual) : source_(source), manual_(manual) {}

  static std::uint64_t counter() noexcept {
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    std::uint64_t ticks;
    asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return 0;  // best() never chooses kCounter here
#endif
  }

  [[nodiscard]] std::uint64_t slow_now() const noexcept;

  Source source_;
  const ManualClock* manual_;
};

// "time-stamp counter", "CLOCK_MONOTONIC", "manual".
[[nodiscard]] const char* name_of(Clock::Source source) noexcept;

// Now, on CLOCK_REALTIME: since 1970-01-01 UTC.
[[nodiscard]] Nanoseconds wall_clock_now() noexcept;

}  // namespace ringtail::inline v1
