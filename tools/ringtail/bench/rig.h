// tools/ringtail/bench/rig.h
//
// A session under measurement, and the account that says whether what was measured happened.
//
//     Rig rig(workload.cpus, {.ring_entries = kRing});
//     rig.start();
//     const double ns = median_burst_ns(spans, [&] { rig.settle(); }, [&](std::size_t) { ...one span... });
//     rig.finish({.attempted = spans, .folded = 0});           // an error if the trace says otherwise
//
// Bursts   A burst has at most half as many spans as the ring has entries, and the ring is emptied before it, so that
//          nothing can be folded however long the machine keeps the collector from running.
// Threads  One: the producer. The collector thread runs on the other CPU of the pair.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bench/figure.h"
#include "bench/machine.h"
#include "ringtail/base/result.h"
#include "ringtail/collect/session.h"
#include "ringtail/record/recorder.h"

namespace ringtail::overhead {

inline constexpr std::size_t kRing = std::size_t{1} << 16U;  // entries; 4 MiB, about a millisecond of spans
inline constexpr std::size_t kBurst = kRing / 2;

// What an instrumented call site has at hand.
struct Site {
  Session& session;
  Recorder& recorder;
  OpId op;
  DeviceId device;
};

// What a trace must account for.
struct Expected {
  std::uint64_t attempted = 0;                    // or sampled out
  std::optional<std::uint64_t> folded = 0;        // nothing: any number
  std::optional<std::uint64_t> bytes_per_span{};  // nothing: not looked at
};

// Spans folded in `trace`, or how its account differs from what is expected and from its own rows.
[[nodiscard]] Result<std::uint64_t> check_account(const Trace& trace, const Expected& expected);

class Rig {
 public:
  Rig(std::optional<CpuPair> cpus, const SessionOptions& options);

  // Starts the session with its collector thread on the collector's CPU.
  [[nodiscard]] Status start();

  // Lets the collector catch up, so that the rings are empty.
  void settle();

  // Stops, and checks the trace. Gives the number of spans folded.
  [[nodiscard]] Result<std::uint64_t> finish(const Expected& expected);

  [[nodiscard]] Session& session() { return session_; }
  [[nodiscard]] Site site() { return {session_, recorder_, op_, device_}; }

 private:
  std::optional<CpuPair> cpus_;
  std::chrono::microseconds poll_interval_;
  Session session_;
  Recorder recorder_;
  OpId op_;
  DeviceId device_;
};

// Nanoseconds per call of `body`: the median over bursts of up to kBurst calls, `between` untimed before each.
template <class Between, class Body>
[[nodiscard]] double median_burst_ns(std::size_t calls, Between between, Body body) {
  std::vector<double> bursts;
  for (std::size_t done = 0; done < calls;) {
    const std::size_t count = std::min(kBurst, calls - done);
    between();
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < count; ++i) body(i);
    bursts.push_back(nanoseconds_since(begin) / static_cast<double>(count));
    done += count;
  }
  return figure_of(std::move(bursts)).median;
}

}  // namespace ringtail::overhead
