// tools/ringtail/bench/cases.h
//
// What `ringtail bench` measures, one row each, and the rounds that measure them in turn.
//
// Order    Round after round, every case once per round: what the machine does to one minute it does to all cases.
//          A row is the median of its rounds.
// Errors   A case that did not do what it claims to have timed ends the run, with the case's name.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/figure.h"
#include "bench/latencies.h"
#include "bench/machine.h"
#include "ringtail/base/result.h"

namespace ringtail::overhead {

struct Workload {
  std::size_t rounds = 7;
  std::size_t spans = std::size_t{1} << 18U;  // per case and round
  std::optional<CpuPair> cpus;                // nothing: threads run where the system puts them
};

// Spans that the mutex and vector are given in a round at most: they take 400 bytes each.
inline constexpr std::size_t kMutexSpans = std::size_t{1} << 18U;

// One case in one round.
struct Sample {
  double value = 0.0;         // in the unit of the case
  double folded_share = 0.0;  // of the spans, in [0, 1]
  Percentiles latency{};      // of a kLatency case, whose value is the median
};

enum class Unit { kNanoseconds, kLatency, kSpansPerSecond, kBytes };

struct Case {
  std::string key;    // in JSON
  std::string label;  // in the table
  Unit unit = Unit::kNanoseconds;
  std::function<Result<Sample>()> round;
  std::string relative_to{};  // the key of the rate that this one is a multiple of
};

// What to compare with: empty loop, two clock reads, and a mutex around owned strings.
[[nodiscard]] std::vector<Case> baseline_cases(const Workload& workload);
// Spans of every kind, on the thread that records them.
[[nodiscard]] std::vector<Case> span_cases(const Workload& workload);
// Spans timed one by one.
[[nodiscard]] std::vector<Case> latency_cases(const Workload& workload);
// What threads that record at the same time get through.
[[nodiscard]] std::vector<Case> producer_cases(const Workload& workload);
// What the collector and take_trace() get through.
[[nodiscard]] std::vector<Case> rate_cases(const Workload& workload);
// What a span takes in memory.
[[nodiscard]] std::vector<Case> memory_cases(const Workload& workload);

struct Row {
  std::string key;
  std::string label;
  Unit unit = Unit::kNanoseconds;
  Figure figure;
  double folded_share = 0.0;  // the largest of the rounds
  Percentiles latency{};      // of a kLatency row: the median of the rounds, and the longest of all
  std::string relative_to{};
};

// Called before each round, with its number from 0.
using Progress = std::function<void(std::size_t)>;

[[nodiscard]] Result<std::vector<Row>> measure(const Workload& workload, const Progress& progress);

}  // namespace ringtail::overhead
