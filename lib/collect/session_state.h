// lib/collect/session_state.h
//
// What a session is made of, and what its members do under its mutexes. Taken in this order where more than one is:
// `control`, `draining`, then one of the others.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "collect/collector.h"
#include "collect/dumper.h"
#include "collect/governor.h"
#include "collect/limits.h"
#include "collect/own_call.h"
#include "record/calibration.h"
#include "record/cpu_time.h"
#include "record/registry.h"
#include "ringtail/collect/session.h"

namespace ringtail::inline v1 {

// Adds the calling thread's CPU time while it lives. Requires: the drain mutex is held meanwhile.
class DrainCpu {
 public:
  explicit DrainCpu(Nanoseconds& total) : total_(total), begin_(cpu_time(CLOCK_THREAD_CPUTIME_ID)) {}
  ~DrainCpu() { total_ += cpu_time(CLOCK_THREAD_CPUTIME_ID) - begin_; }
  DrainCpu(const DrainCpu&) = delete;
  DrainCpu& operator=(const DrainCpu&) = delete;

 private:
  Nanoseconds& total_;
  const Nanoseconds begin_;
};

struct Session::State {
  explicit State(const SessionOptions& given)
      : options(given),
        clock(given.clock ? *given.clock : Clock::best()),
        registry(std::make_shared<Registry>(clock, limits_of(given))),
        collector(*registry, clock,
                  {.max_spans = given.max_spans,
                   .latest = given.keep == Keep::kLatest,
                   .window = in_range(given.window),
                   .sink = given.sink,
                   .flush_interval = in_range(given.flush_interval),
                   .triggers = options.triggers.on_trigger ? &options.triggers : nullptr,
                   .slot = &dumper.slot()}) {}

  // Tells sessions apart for threads that cached a recorder: addresses are used again, numbers are not.
  [[nodiscard]] static std::uint64_t next_number() noexcept;

  // In a forked child nothing of this is to be touched: locks are held by threads that are not there.
  [[nodiscard]] bool abandoned() const noexcept { return registry->abandoned(); }

  // Here members would wait for themselves, or for threads that are not there: in functions that the session itself
  // has called, and in a forked child.
  [[nodiscard]] bool out_of_reach() const noexcept { return abandoned() || OwnCall::is_inside(*registry); }

  // A thread is about to record: the collector looks soon.
  void hurry();
  [[nodiscard]] Lane* lease(std::string_view thread_name);

  // Requires: `control` is held.
  [[nodiscard]] Status start();
  void stop() noexcept;
  // Throws std::bad_alloc; then it can be asked again. Requires: `control` is held, and there is a trace.
  [[nodiscard]] Trace take();

  // Requires: `draining` is held.
  Collector::Pass drain();

  // Throws std::bad_alloc. Requires: the session runs, and is not stopped meanwhile.
  [[nodiscard]] Trace snapshot();

  const SessionOptions options;
  const Clock clock;
  const std::uint64_t number = next_number();
  const std::shared_ptr<Registry> registry;
  Recorder silent;  // for threads without memory for a lease, and for forked children

  std::mutex control;  // start, stop, pause, take: one at a time
  bool running = false;
  bool has_trace = false;
  std::uint16_t run = 0;  // the last one that began; 0 before the first
  std::thread thread;
  Nanoseconds started{0};  // steady clock
  Nanoseconds process_cpu_at_start{0};
  TracerCost cost;  // of the run that ended last

  Dumper dumper{options.triggers, clock, *registry, [this] { return snapshot(); }};

  std::mutex draining;  // the collector: one pass at a time
  Collector collector;
  Nanoseconds drain_cpu{0};  // of this run, but for that of a collector thread that is still there

  // Under `draining` as well.
  RecordingCosts costs;
  std::optional<Governor> governor;
  Nanoseconds last_look{0};
  struct Seen {
    ThreadId thread = kNoThread;
    Governor::Load counts;
  };
  std::vector<Seen> seen;  // by lane: its counts at the last look

  mutable std::mutex describing;
  std::map<std::string, std::string> metadata;

  std::mutex waking;  // the collector thread's sleep
  std::condition_variable wake;
  bool told_to_end = false;
  bool told_to_hurry = false;
  std::atomic<bool> sleeps_long{false};
  std::atomic<bool> recording{false};

 private:
  void begin_run();
  void collect_until_told();
  void govern();
  void end_thread();
  void tell_end() noexcept;
  [[nodiscard]] Trace make_trace(const Harvest& harvest, const TracerCost& so_far) const;
  [[nodiscard]] TracerCost cost_so_far();
};

}  // namespace ringtail::inline v1
