#include "tests/support/random_trace.h"

#include <array>
#include <random>

#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {

Trace random_trace(std::uint64_t seed, bool timed) {
  constexpr std::array<const char*, 9> kOps = {"matmul", "a;b", "b",    "AllReduce", "relu\n",
                                               "c",      "",    "100%", "send \xFF"};
  constexpr std::array<const char*, 6> kDevices = {"gpu:0", "gpu:1", "gpu:10", "unknown", "", "gpu:0;a"};
  constexpr std::array<const char*, 3> kThreads = {"main", "worker", "copy"};
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return random() % n; };

  TraceBuilder builder;
  builder.thread(kThreads[0]);
  const std::uint64_t rows = below(121);
  for (std::uint64_t row = 0; row < rows; ++row) {
    const std::uint64_t device = below(kDevices.size() + 1);
    device < kDevices.size() ? builder.on(kDevices[device]) : builder.on_no_device();
    builder.thread(kThreads[below(kThreads.size())]);
    builder.shapes({{below(4), 2}}, {below(50)});
    if (below(8) == 0) builder.bytes(below(3) == 0 ? UINT64_MAX - below(100) : below(10'000));
    const char* const op = kOps[below(kOps.size())];
    const Nanoseconds begin{static_cast<std::int64_t>(below(60)) * 500 - 5'000};
    const Nanoseconds length{static_cast<std::int64_t>(below(3) == 0 ? below(9) * 500 : below(9'000))};
    if (below(10) == 0) builder.folded(op, below(5) + 1, length, below(1'000));
    timed ? builder.span(op, begin, begin + length) : builder.untimed(op, length);
  }
  return builder.build();
}

}  // namespace ringtail::inline v1
