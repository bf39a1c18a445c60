#include "bench/machine.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <string_view>
#include <thread>

#include "bench/figure.h"
#include "bench/latencies.h"
#include "ringtail/base/clock.h"
#include "ringtail/base/ids.h"

namespace ringtail::overhead {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The value of the first "key : value" line of a file in /proc; empty without one.
std::string value_in(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return {};
}

}  // namespace

std::vector<int> cpus_by_core() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::vector<int> first;
  std::vector<int> siblings;
  std::vector<std::string> cores;  // seen, each as the list of its CPUs
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const std::string core =
        first_line("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    const bool seen = !core.empty() && std::ranges::find(cores, core) != cores.end();
    (seen ? siblings : first).push_back(cpu);
    cores.push_back(core);
  }
  first.insert(first.end(), siblings.begin(), siblings.end());
  return first;
}

std::optional<CpuPair> two_cpus() {
  const std::vector<int> cpus = cpus_by_core();
  if (cpus.size() < 2) return std::nullopt;
  for (const int cpu : {cpus[0], cpus[1]}) {
    if (!PinnedTo(cpu).pinned()) return std::nullopt;
  }
  return CpuPair{cpus[0], cpus[1]};
}

PinnedTo::PinnedTo(int cpu) noexcept : PinnedTo(std::optional(cpu)) {}

PinnedTo::PinnedTo(std::optional<int> cpu) noexcept {
  CPU_ZERO(&before_);
  if (!cpu || sched_getaffinity(0, sizeof before_, &before_) != 0) return;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(*cpu, &only);
  pinned_ = sched_setaffinity(0, sizeof only, &only) == 0;
}

PinnedTo::~PinnedTo() {
  if (pinned_) sched_setaffinity(0, sizeof before_, &before_);
}

double core_to_core_ns(CpuPair cpus) {
  constexpr std::uint32_t kRuns = 21;
  constexpr std::uint32_t kTripsPerRun = 200;
  struct alignas(kCacheLineBytes) Ball {
    std::atomic<std::uint32_t> hits{0};
  } ball;
  // Even: the producer's turn. Acquire and release are what a ring's index does.
  const auto play = [&ball](std::uint32_t turn) {
    while (ball.hits.load(std::memory_order_acquire) != turn) {
    }
    ball.hits.store(turn + 1, std::memory_order_release);
  };
  std::thread other([&] {
    const PinnedTo pin(cpus.collector);
    for (std::uint32_t i = 0; i < kRuns * kTripsPerRun; ++i) play(2 * i + 1);
  });
  const PinnedTo pin(cpus.producer);
  std::vector<double> runs;
  std::uint32_t trip = 0;
  for (std::uint32_t run = 0; run < kRuns; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint32_t i = 0; i < kTripsPerRun; ++i) play(2 * trip++);
    runs.push_back(nanoseconds_since(begin) / kTripsPerRun);
  }
  other.join();
  return figure_of(runs).median;
}

Machine this_machine() {
  utsname system{};
  uname(&system);
  Machine machine;
  machine.cpu = value_in("/proc/cpuinfo", "model name");
  if (machine.cpu.empty()) machine.cpu = system.machine;
  machine.cpus_allowed = cpus_by_core().size();
  machine.kernel = std::string(system.sysname) + " " + system.release + " " + system.machine;
#if defined(__clang__)
  machine.compiler = __VERSION__;
#else
  machine.compiler = "g++ " __VERSION__;
#endif
  machine.flags = RINGTAIL_COMPILER_FLAGS;
  machine.clock = name_of(Clock::best().source());
  machine.clock_step_ns = clock_step_ns();
  machine.memory = value_in("/proc/meminfo", "MemTotal");
  return machine;
}

std::string load_average() {
  const std::string line = first_line("/proc/loadavg");
  std::size_t end = 0;
  for (int i = 0; i < 3 && end != std::string::npos; ++i) end = line.find(' ', end + (i > 0 ? 1 : 0));
  return line.empty() ? "unknown" : line.substr(0, end);
}

}  // namespace ringtail::overhead
