// Which clock may be trusted.
//
// A time-stamp counter is used only if all three hold, else every read goes through clock_gettime:
//   1. the processor says that its rate does not change with frequency or sleep (x86: CPUID 0x80000007 EDX
//   bit 8;
//      AArch64's generic timer is so by architecture);
//   2. it advances between two reads that the kernel's clock says are apart;
//   3. a thread that hops over the processors it may use sees the counter and CLOCK_MONOTONIC keep the same
//      relation on each: with the rate taken from the whole walk, no processor is off by more than kMaxSkew.
// Where hopping is forbidden (cpusets, seccomp), 3 is replaced by the kernel's own verdict: its clock source
// is the counter.
#include "ringtail/base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "base/clock_check.h"
#include "base/quiet_thread.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ringtail::inline v1 {
namespace {

// Larger than the jitter of a bracketed read in a virtual machine, smaller than a queue hop that users reason
// about.
constexpr double kMaxSkewNs = 1000.0;
constexpr int kMaxProcessorsVisited = 64;
constexpr auto kWalkTime = std::chrono::milliseconds{2};

std::int64_t gettime_ns(clockid_t id) noexcept {
  timespec now{};
  clock_gettime(id, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

#if defined(__x86_64__)
std::uint64_t read_counter() noexcept { return __rdtsc(); }
bool counter_is_invariant() noexcept {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(0x80000007U, &eax, &ebx, &ecx, &edx) != 0 && ((edx >> 8U) & 1U) != 0;
}
bool kernel_trusts_counter() {
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  return (file >> name) && name == "tsc";
}
#elif defined(__aarch64__)
std::uint64_t read_counter() noexcept {
  std::uint64_t ticks;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
}
bool counter_is_invariant() noexcept { return true; }
bool kernel_trusts_counter() { return true; }
#else
std::uint64_t read_counter() noexcept { return 0; }
bool counter_is_invariant() noexcept { return false; }
bool kernel_trusts_counter() { return false; }
#endif

// The counter's value at a moment of CLOCK_MONOTONIC: the midpoint of the tightest of `tries` brackets.
ClockPair bracketed_pair(int tries) noexcept {
  ClockPair best;
  std::uint64_t tightest = ~std::uint64_t{0};
  for (int i = 0; i < tries; ++i) {
    const std::uint64_t before = read_counter();
    const std::int64_t ns = gettime_ns(CLOCK_MONOTONIC);
    const std::uint64_t after = read_counter();
    if (after - before < tightest) {
      tightest = after - before;
      best = {Ticks{before + (after - before) / 2}, Nanoseconds{ns}};
    }
  }
  return best;
}

// Requires: a thread whose affinity may be changed. True when every processor visited agrees.
bool agrees_on(const cpu_set_t& allowed) {
  std::vector<ClockPair> pairs;
  int visited = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE && visited < kMaxProcessorsVisited; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (pthread_setaffinity_np(pthread_self(), sizeof(one), &one) != 0) return kernel_trusts_counter();
    pairs.push_back(bracketed_pair(8));
    ++visited;
  }
  // Back to where the walk began, late enough for a rate: the line through this and the first pair is the
  // reference.
  cpu_set_t first;
  CPU_ZERO(&first);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) {
      CPU_SET(cpu, &first);
      break;
    }
  }
  if (pthread_setaffinity_np(pthread_self(), sizeof(first), &first) != 0) return kernel_trusts_counter();
  std::this_thread::sleep_for(kWalkTime);
  return processors_agree(pairs, bracketed_pair(8));
}

bool counter_is_trustworthy() {
  if (!counter_is_invariant()) return false;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (pthread_getaffinity_np(pthread_self(), sizeof(allowed), &allowed) != 0) return kernel_trusts_counter();
  bool agree = false;
  const NoCancellation whole;  // it joins
  try {
    // A thread of its own, so that the caller's affinity is never touched.
    quiet_thread([&] {
      try {
        agree = agrees_on(allowed);
      } catch (const std::bad_alloc&) {  // then they were not asked
      }
    }).join();
  } catch (...) {
    return kernel_trusts_counter();
  }
  return agree;
}

double measured_ticks_per_ns() {
  const ClockPair begin = bracketed_pair(8);
  std::this_thread::sleep_for(kWalkTime);
  const ClockPair end = bracketed_pair(8);
  return static_cast<double>(end.ticks.value - begin.ticks.value) /
         static_cast<double>((end.monotonic - begin.monotonic).count());
}

// What the first to be done has measured; Value{} until then. Without a guard, in which all others would wait, and
// for ever in a child that was forked meanwhile. Relaxed: the value is all there is to see.
template <class Value, class Measure>
Value first_found(std::atomic<Value>& found, const Measure& measure) {
  Value known = found.load(std::memory_order_relaxed);
  if (known != Value{}) return known;
  const Value own = measure();
  return found.compare_exchange_strong(known, own, std::memory_order_relaxed) ? own : known;
}

}  // namespace

bool processors_agree(std::span<const ClockPair> pairs, ClockPair end) {
  const ClockPair begin = pairs.front();
  if (end.ticks <= begin.ticks || end.monotonic <= begin.monotonic) return false;
  const double ns_per_tick = static_cast<double>((end.monotonic - begin.monotonic).count()) /
                             static_cast<double>(end.ticks.value - begin.ticks.value);
  for (const ClockPair& pair : pairs) {
    const double ticks = static_cast<double>(static_cast<std::int64_t>(pair.ticks.value - begin.ticks.value));
    const double expected_ns = ticks * ns_per_tick;
    const double seen_ns = static_cast<double>((pair.monotonic - begin.monotonic).count());
    if (std::abs(expected_ns - seen_ns) > kMaxSkewNs) return false;
  }
  return true;
}

Clock Clock::best() {
  enum class Verdict : std::uint8_t { kNone, kTrusted, kDistrusted };
  static constinit std::atomic<Verdict> verdict{Verdict::kNone};
  const auto judge = [] { return counter_is_trustworthy() ? Verdict::kTrusted : Verdict::kDistrusted; };
  return first_found(verdict, judge) == Verdict::kTrusted ? Clock(Source::kCounter, nullptr) : monotonic();
}

ClockPair Clock::pair() const noexcept {
  if (source_ == Source::kCounter) return bracketed_pair(4);
  const std::uint64_t now = slow_now();
  return {Ticks{now}, Nanoseconds{static_cast<std::int64_t>(now)}};
}

std::uint64_t Clock::ticks_in(Nanoseconds duration) const {
  if (duration.count() <= 0) return 0;
  if (source_ != Source::kCounter) return static_cast<std::uint64_t>(duration.count());
  static constinit std::atomic<double> rate{0.0};
  const double ticks = static_cast<double>(duration.count()) * first_found(rate, measured_ticks_per_ns);
  return ticks < 0x1p64 ? static_cast<std::uint64_t>(ticks) : UINT64_MAX;
}

std::uint64_t Clock::slow_now() const noexcept {
  return static_cast<std::uint64_t>(source_ == Source::kManual ? manual_->now_ns() : gettime_ns(CLOCK_MONOTONIC));
}

const char* name_of(Clock::Source source) noexcept {
  switch (source) {
    case Clock::Source::kCounter: return "time-stamp counter";
    case Clock::Source::kMonotonic: return "CLOCK_MONOTONIC";
    case Clock::Source::kManual: return "manual";
  }
  return "unknown";
}

Nanoseconds wall_clock_now() noexcept { return Nanoseconds{gettime_ns(CLOCK_REALTIME)}; }

}  // namespace ringtail::inline v1
