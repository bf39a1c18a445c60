// main() of every benchmark program: Google Benchmark's, with what the figures depend on in its header.
#include <benchmark/benchmark.h>

#include <iostream>
#include <string>

#include "bench/machine.h"

int main(int argc, char** argv) {
  using namespace ringtail::overhead;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const Machine machine = this_machine();
  benchmark::AddCustomContext("cpu", machine.cpu);
  benchmark::AddCustomContext("cpus allowed", std::to_string(machine.cpus_allowed));
  benchmark::AddCustomContext("kernel", machine.kernel);
  benchmark::AddCustomContext("clock", machine.clock + ", steps of " + std::to_string(machine.clock_step_ns) + " ns");
  benchmark::AddCustomContext("compiler", machine.compiler);
  benchmark::AddCustomContext("flags", machine.flags);
  if (const auto cpus = two_cpus()) {
    benchmark::AddCustomContext("first producer's and collector's CPU",
                                std::to_string(cpus->producer) + ", " + std::to_string(cpus->collector));
    benchmark::AddCustomContext("a line from core to core and back", std::to_string(core_to_core_ns(*cpus)) + " ns");
  } else {
    benchmark::AddCustomContext("pinning", "none");
  }
  benchmark::AddCustomContext("load average before", load_average());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  std::cerr << "load average after: " << load_average() << "\n";
}
