#include "collect/session_state.h"

#include <pthread.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "base/cancellation.h"
#include "base/quiet_thread.h"
#include "collect/pace.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::chrono::microseconds kShortestPoll{1};
constexpr std::chrono::milliseconds kLeasePatience{50};  // with a pass that is under way
constexpr std::chrono::milliseconds kLook{20};           // between two looks at what recording costs

Nanoseconds steady_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace

std::uint64_t Session::State::next_number() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;  // only distinctness matters
}

void Session::State::collect_until_told() {
  pthread_setname_np(pthread_self(), "ringtail");
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL,
        0UL);  // nanoseconds: the default of 50 us would double the poll interval
  const Nanoseconds shortest = std::max<Nanoseconds>(in_range(options.poll_interval), kShortestPoll);
  Pace pace(shortest, in_range(options.longest_poll_interval));
  Nanoseconds last = steady_now();
  std::unique_lock lock(waking);
  while (!told_to_end) {
    lock.unlock();
    Collector::Pass pass;
    {
      const std::lock_guard drain_lock(draining);
      pass = drain();
    }
    dumper.wake();
    const Nanoseconds now = steady_now();
    Nanoseconds interval = pace.after(pass.fullest, now - last);
    last = now;
    if (options.sink)
      interval = std::min<Nanoseconds>(interval, std::max(in_range(options.flush_interval), shortest));
    if (options.budget > 0.0) interval = std::min<Nanoseconds>(interval, kLook);
    lock.lock();
    sleeps_long.store(interval > 2 * shortest, std::memory_order_relaxed);  // advice only: hurry() looks at it
    wake.wait_for(lock, interval, [this] { return told_to_end || told_to_hurry; });
    if (std::exchange(told_to_hurry, false)) pace.hurry();
  }
  lock.unlock();
  const std::lock_guard drain(draining);
  drain_cpu += cpu_time(CLOCK_THREAD_CPUTIME_ID);  // all that this thread did
}

void Session::State::hurry() {
  if (!sleeps_long.load(std::memory_order_relaxed)) return;  // it will look soon anyway
  {
    const std::lock_guard lock(waking);
    told_to_hurry = true;
  }
  wake.notify_one();
}

Collector::Pass Session::State::drain() {
  const Collector::Pass pass = collector.drain();
  if (governor) govern();
  return pass;
}

// Requires: `draining` is held.
void Session::State::govern() {
  const Nanoseconds now = clock.pair().monotonic;
  const Nanoseconds since = now - last_look;
  if (since < kLook) return;
  last_look = now;
  try {
    seen.resize(registry->lane_count());
  } catch (const std::bad_alloc&) {  // those that are known govern for all
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const Lane& lane = registry->lane(i);
    if (lane.look() != LaneState::kLive) continue;  // so `thread` is this lease's
    // Relaxed, both: statistics.
    const Governor::Load counts{InRun::count_of(lane.attempted.load(std::memory_order_relaxed), run),
                                InRun::count_of(lane.sampled_out.load(std::memory_order_relaxed), run)};
    // Another lease, though maybe of the same row of the table of threads.
    if (seen[i].thread != lane.thread || counts.recorded < seen[i].counts.recorded ||
        counts.sampled_out < seen[i].counts.sampled_out) {
      seen[i] = {lane.thread, {}};
    }
    governor->add({counts.recorded - seen[i].counts.recorded, counts.sampled_out - seen[i].counts.sampled_out},
                  since);
    seen[i].counts = counts;
  }
  registry->set_thinning(governor->decide());
}

// Rings that wait for their last drain are drained here when they are the last ones left: so the number of rings is
// that of threads that record at once, however late the collector is. One that is in the sink is not waited for
// longer than a flush should take: then the thread gets a lane without a ring.
Lane* Session::State::lease(std::string_view thread_name) {
  hurry();
  if (Lane* lane = registry->lease(thread_name, Registry::WithoutRing::kRefuse)) return lane;
  if (!out_of_reach()) {
    const auto give_up = std::chrono::steady_clock::now() + kLeasePatience;
    std::unique_lock drain(draining, std::try_to_lock);
    while (!drain.owns_lock() && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::microseconds{100});
      static_cast<void>(drain.try_lock());
    }
    if (drain.owns_lock()) {
      const DrainCpu cpu(drain_cpu);
      collector.drain(Collector::Flushes::kNo);
    }
  }
  return registry->lease(thread_name, Registry::WithoutRing::kAccept);
}

// Throws std::bad_alloc. Requires: `control` is held.
void Session::State::begin_run() {
  const RecordingCosts calibrated = calibrate(clock);
  // From here on released lanes wait for the collector, so that none changes hands under the accounts it
  // opens.
  registry->set_collecting(true);
  registry->renumber_threads();
  {
    const std::lock_guard drain_lock(draining);
    run = collector.begin_run();
    costs = calibrated;
    seen.clear();
    last_look = clock.pair().monotonic;
    governor.reset();
    if (options.budget > 0.0) governor.emplace(std::min(options.budget, 1.0), costs);
    drain_cpu = Nanoseconds{0};
  }
  started = steady_now();
  process_cpu_at_start = cpu_time(CLOCK_PROCESS_CPUTIME_ID);
  told_to_end = false;
}

Status Session::State::start() {
  if (running) return Done{};
  has_trace = false;
  const auto give_up = [this] {
    end_thread();
    const std::lock_guard drain(draining);
    collector.abandon_run();
    registry->set_collecting(false);
  };
  try {
    begin_run();
    if (options.collector_thread) thread = quiet_thread([this] { collect_until_told(); });
    if (dumper.is_used()) dumper.begin(options.collector_thread);
  } catch (const std::system_error& error) {
    give_up();
    return Error{ErrorCode::kIo, std::string("collector thread: expected to start, found ") + error.what()};
  } catch (const std::bad_alloc&) {
    give_up();
    return Error{ErrorCode::kNoMemory, "no memory"};  // a text that needs none
  }
  registry->set_recording(true, run);
  recording.store(true, std::memory_order_relaxed);  // for recording(): advice only
  running = true;
  has_trace = true;
  return Done{};
}

void Session::State::end_thread() {
  if (!thread.joinable()) return;
  {
    const std::lock_guard lock(waking);
    told_to_end = true;
  }
  wake.notify_one();
  thread.join();
}

void Session::State::stop() noexcept {
  if (!running) return;
  const NoCancellation whole;                         // it joins
  recording.store(false, std::memory_order_relaxed);  // for recording(): advice only
  registry->set_recording(false, run);
  dumper.end();
  end_thread();
  {
    const std::lock_guard drain(draining);
    {
      const DrainCpu cpu(drain_cpu);
      collector.end_run();
    }
    registry->note_holding();
    registry->set_collecting(false);
  }
  cost = cost_so_far();
  running = false;
  if (options.sink.finish) tell_end();
}

// Requires: `control` is held.
void Session::State::tell_end() noexcept {
  const std::lock_guard drain_lock(draining);
  try {
    collector.finish(make_trace(collector.harvest(), cost));
  } catch (const std::bad_alloc&) {
    collector.fail("no memory for the end of the trace");
  }
}

// Requires: `control` is held.
TracerCost Session::State::cost_so_far() {
  TracerCost so_far{
      .recorded_ns = costs.recorded_ns, .folded_ns = costs.folded_ns, .sampled_out_ns = costs.sampled_out_ns};
  so_far.wall = steady_now() - started;
  so_far.process_cpu = cpu_time(CLOCK_PROCESS_CPUTIME_ID) - process_cpu_at_start;
  if (clockid_t of_thread{}; thread.joinable() && pthread_getcpuclockid(thread.native_handle(), &of_thread) == 0) {
    so_far.collector_cpu = cpu_time(of_thread);
  }
  const std::lock_guard drain(draining);
  so_far.collector_cpu += drain_cpu;
  return so_far;
}

Trace Session::State::make_trace(const Harvest& harvest, const TracerCost& so_far) const {
  Trace trace;
  trace.threads = registry->threads();
  trace.threads.resize(harvest.accounts.size());  // threads that came since are in no account
  assemble(harvest, *registry, clock.source(), trace);
  {
    const std::lock_guard lock(describing);
    trace.metadata.insert(metadata.begin(), metadata.end());
  }
  trace.categories = registry->categories();
  trace.cost = so_far;
  if (options.budget > 0.0) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.begin(), text.end(), std::min(options.budget, 1.0)).ptr;
    trace.metadata["ringtail.budget"] = std::string(text.begin(), end);
  }
  if (const std::uint64_t refused = registry->refused_leases(); refused != 0) {
    trace.metadata["ringtail.recorders_without_memory"] = std::to_string(refused);
  }
  if (const std::uint64_t passed_over = dumper.passed_over(); passed_over != 0) {
    trace.metadata["ringtail.triggers_passed_over"] = std::to_string(passed_over);
  }
  return trace;
}

// One variable is returned, so that it is made in its place: a trace that is moved may need memory, too late here.
Trace Session::State::take() {
  const std::lock_guard drain_lock(draining);
  Trace trace = make_trace(collector.harvest(), cost);
  collector.forget_rows();
  has_trace = false;
  return trace;
}

Trace Session::State::snapshot() {
  Harvest harvest;
  {
    const std::lock_guard drain_lock(draining);
    const DrainCpu cpu(drain_cpu);
    harvest = collector.snapshot();
  }
  registry->note_holding();
  return make_trace(harvest, cost_so_far());
}

}  // namespace ringtail::inline v1
