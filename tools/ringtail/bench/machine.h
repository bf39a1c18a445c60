// tools/ringtail/bench/machine.h
//
// What has to stand beside a measured figure: which CPUs it ran on, how far apart they were, and what built it.
//
// Threads  Any; PinnedTo is about the thread that makes it.
#pragma once

#include <sched.h>

#include <optional>
#include <string>
#include <vector>

namespace ringtail::overhead {

// Where the recording thread and the collector thread run.
struct CpuPair {
  int producer;
  int collector;
};

// The CPUs that this thread may run on, one of each core first, then their siblings.
[[nodiscard]] std::vector<int> cpus_by_core();

// The first two of cpus_by_core(); nothing where there is one, or where the system refuses to pin a thread.
[[nodiscard]] std::optional<CpuPair> two_cpus();

// Keeps the calling thread on one CPU for its lifetime, then gives back what was allowed before. Threads that
// are started meanwhile inherit the CPU and keep it: so a Session started under PinnedTo(collector) has its
// collector thread there.
class PinnedTo {
 public:
  explicit PinnedTo(int cpu) noexcept;
  explicit PinnedTo(std::optional<int> cpu) noexcept;  // nothing: stays where it is
  ~PinnedTo();
  PinnedTo(const PinnedTo&) = delete;
  PinnedTo& operator=(const PinnedTo&) = delete;

  [[nodiscard]] bool pinned() const noexcept { return pinned_; }

 private:
  cpu_set_t before_;
  bool pinned_ = false;
};

// Nanoseconds for a cache line's way from one CPU to the other and back: the median of some short runs.
// Hypervisors move virtual CPUs, so the same two are tens or hundreds of nanoseconds apart from one minute to
// the next, and every figure that has a consumer on the other core moves with them.
[[nodiscard]] double core_to_core_ns(CpuPair cpus);

struct Machine {
  std::string cpu;           // its model
  std::size_t cpus_allowed;  // to this thread
  std::string kernel;
  std::string compiler;
  std::string flags;     // that this file was compiled with, as all of the program was
  std::string clock;     // name_of(Clock::best().source())
  double clock_step_ns;  // what it moves by
  std::string memory;    // of the machine
};
[[nodiscard]] Machine this_machine();

// One, five and fifteen minutes, as /proc/loadavg prints them; "unknown" without it.
[[nodiscard]] std::string load_average();

}  // namespace ringtail::overhead
