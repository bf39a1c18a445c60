#include "tests/support/golden_traces.h"

#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

namespace ringtail::inline v1 {
namespace {

TraceEntry said(TraceEntry entry, double duration_us, std::uint64_t elements, std::uint64_t bytes) {
  entry.duration_us = duration_us;
  entry.output_elements = elements;
  entry.memory_bytes = bytes;
  return entry;
}

}  // namespace

Trace inconsistent_trace() {
  Shape one_to_eighteen(18);
  std::iota(one_to_eighteen.begin(), one_to_eighteen.end(), std::uint64_t{1});
  Trace trace;
  trace.add(
      said(make_entry(7, "AllReduce").with_device("gpu:1").with_input_shapes({{2, 3}}).with_output_shape({2, 3}),
           10.25, 5, 12345));
  trace.add(said(make_entry(7, "").with_device(""), 0.5, 0, 0));
  trace.add(
      said(make_entry(0, "matmul").with_input_shapes({{UINT64_MAX}, {0, 0, 0}}).with_output_shape(one_to_eighteen),
           1e-12, UINT64_MAX, 9007199254740993));
  trace.add(said(make_entry(UINT64_MAX, "AllReduce").with_device("gpu:10").with_output_shape({3}), 2.5, 3, 24));
  trace.add(said(make_entry(1, "allreduce").with_device("gpu:2").with_output_shape({3}), 12.75, 3, 24));
  trace.total_duration_us = 3.0;
  trace.metadata = {{"", ""}, {"a", "1"}, {"b", "2"}};
  return trace;
}

Trace number_forms_trace() {
  struct Kind {
    std::string op;
    std::optional<std::string> device;
  };
  const std::array<Kind, 6> kinds = {{{"a/b", std::nullopt},
                                      {"SEND", "cpu"},
                                      {"Comm-x", "gpu:0"},
                                      {std::string("\0\x1f ", 3), std::nullopt},
                                      {"\\\"", "cpu"},
                                      {"reCV", "gpu:0"}}};
  constexpr std::array<double, 18> kDurations = {1e-5,
                                                 1e-6,
                                                 1e15,
                                                 1e16,
                                                 1e17,
                                                 123456789012345.6,
                                                 5e-324,
                                                 2.2250738585072014e-308,
                                                 0.1,
                                                 100.0,
                                                 12345678.9,
                                                 1e-5,
                                                 9.999e-6,
                                                 0.30000000000000004,
                                                 4503599627370495.0,
                                                 9007199254740992.0,
                                                 1.2345678901234568e18,
                                                 3e-10};
  Trace trace;
  for (std::size_t step = 0; step < kDurations.size(); ++step) {
    const Kind& kind = kinds[step % kinds.size()];
    TraceEntry entry = make_entry(step, kind.op).with_input_shapes({{}, {0}, {1, 2}}).with_output_shape({step});
    entry.device = kind.device;
    entry.duration_us = kDurations[step];
    trace.add(entry);
  }
  trace.total_duration_us = 1500.0;
  return trace;
}

}  // namespace ringtail::inline v1
