// tools/ringtail/demo/training.h
//
// Data-parallel training on worker threads that stand for devices: each has a copy of the network and data of
// its own, and after every step they add their gradients in a ring (ring_allreduce.h). All of it is real
// arithmetic, and all of it is checked.
//
// Exact    The same options give the same parameters, losses and number of spans, whatever the threads do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "demo/tally.h"
#include "recording_rules.h"
#include "ringtail/base/result.h"
#include "ringtail/format/rtt_file.h"
#include "ringtail/trace/trace.h"

namespace ringtail::demo {

struct Straggler {
  std::size_t device = 0;
  double factor = 1.0;  // of the matrix products' work; at least 1
};

struct TrainingOptions {
  std::size_t devices = 4;
  std::uint64_t steps = 50;
  std::optional<Straggler> straggler;
  std::size_t ring_entries = 16'384;  // as in SessionOptions
  bool collector_thread = true;       // as in SessionOptions; without, what finds a full ring is folded
  cli::RecordingRules recording;
  // Where the trace goes while it is recorded (rtt_file()), to be read again at the end; empty: it stays in memory.
  std::string trace_file;
  RttFileOptions trace_file_options = {};
  std::uint64_t seed = 1;
  std::size_t samples = 128;                              // per device and step
  std::vector<std::size_t> widths = {128, 512, 256, 10};  // of the network's layers: inputs to classes
};

struct Training {
  std::vector<double> losses;                // per step, mean over the devices
  double largest_sum_error = 0.0;            // of any all-reduce, against a plain sum (SumCheck)
  double sum_tolerance = 0.0;                // what rounding explains
  bool parameters_identical = false;         // on all devices, bit for bit
  std::vector<float> parameters;             // of the first device
  std::vector<std::uint64_t> multiply_adds;  // per device, in matrix products
  Tally executed;                            // counted without the runtime
  Trace trace;
};

// Requires: devices and steps at least 1; the straggler is one of the devices.
[[nodiscard]] Result<Training> train(const TrainingOptions& options);

}  // namespace ringtail::demo
