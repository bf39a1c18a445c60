// Threads that record at the same time, in bursts that begin together.
#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "bench/cases.h"
#include "bench/rendezvous.h"
#include "bench/rig.h"
#include "bench/spans.h"

namespace ringtail::overhead {
namespace {

constexpr std::size_t kBursts = 8;

struct Producers {
  std::size_t threads;
  bool collector;  // runs meanwhile; else the rings are emptied between the bursts
};

Result<Sample> spans_per_second(const Workload& workload, const std::vector<int>& cpus, Producers producers) {
  Session session({.ring_entries = kRing, .collector_thread = producers.collector});
  {
    const PinnedTo pin(workload.cpus ? std::optional(workload.cpus->collector) : std::nullopt);
    if (const Status started = session.start(); !started.ok()) return started.error();
  }
  const std::size_t burst = std::min(kBurst, workload.spans);
  Rendezvous rendezvous(producers.threads);
  const auto record = [&](std::size_t thread) {
    const PinnedTo pin(workload.cpus ? std::optional(cpus.at(thread % cpus.size())) : std::nullopt);
    Recorder recorder = session.recorder("producer");
    const Site site{session, recorder, session.op(kOpName), session.device(kDeviceName)};
    for (std::size_t n = 0; n < kBursts; ++n) {
      rendezvous.meet();
      rendezvous.burst([&, site] {
        for (std::size_t i = 0; i < burst; ++i) kFullSpan(site, i);
      });
      rendezvous.meet();
      if (thread == 0) session.drain_once();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < producers.threads; ++i) threads.emplace_back(record, i);
  record(0);
  for (std::thread& thread : threads) thread.join();
  const std::uint64_t spans = producers.threads * kBursts * burst;
  const auto folded = check_account(session.take_trace(), {.attempted = spans});
  if (!folded.ok()) return folded.error();
  return Sample{static_cast<double>(producers.threads * burst) * 1e9 / rendezvous.burst_ns()};
}

Case producers(const Workload& workload, std::string key, std::string label, std::string one, Producers which) {
  return {std::move(key), std::move(label), Unit::kSpansPerSecond,
          [workload, which, cpus = cpus_by_core()] { return spans_per_second(workload, cpus, which); },
          std::move(one)};
}

}  // namespace

std::vector<Case> producer_cases(const Workload& workload) {
  const std::string one = "one_producer_spans_per_s";
  const std::string one_paused = "one_producer_paused_spans_per_s";
  const std::size_t many = 4 * std::max<std::size_t>(1, cpus_by_core().size());
  const std::string many_threads = std::to_string(many) + " producers";
  return {
      producers(workload, one, "1 producer", one, {1, true}),
      producers(workload, "two_producers_spans_per_s", "2 producers", one, {2, true}),
      producers(workload, "many_producers_spans_per_s", many_threads + ", 4 per CPU", one, {many, true}),
      producers(workload, one_paused, "1 producer, collector paused", one_paused, {1, false}),
      producers(workload, "two_producers_paused_spans_per_s", "2 producers, collector paused", one_paused,
                {2, false}),
  };
}

}  // namespace ringtail::overhead
