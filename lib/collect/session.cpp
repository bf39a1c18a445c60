#include "ringtail/collect/session.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "collect/collector.h"
#include "collect/governor.h"
#include "collect/pace.h"
#include "collect/thread_leases.h"
#include "record/registry.h"

namespace ringtail {
namespace {

constexpr std::chrono::microseconds kShortestPoll{1};
constexpr std::chrono::milliseconds kLook{20};  // between two looks at what recording costs

// A duration of the options as nanoseconds: at least 0, at most a year.
template <class Duration>
Nanoseconds in_range(Duration given) {
  const Duration year = std::chrono::hours{24 * 365};
  return std::clamp(given, Duration{0}, year);
}

// Values outside the ranges that session.h gives are moved to the nearer end.
RegistryLimits limits_of(const SessionOptions& options) {
  constexpr std::size_t kMostRingEntries = std::size_t{1} << 26U;
  constexpr std::size_t kMostFoldCells = std::size_t{1} << 20U;
  constexpr std::uint32_t kMostNames = kOpMask;
  return {.ring_entries = std::min(options.ring_entries, kMostRingEntries),
          .max_rings = options.ring_entries == 0 ? 0 : options.max_rings,
          .fold_cells = std::min(options.fold_cells, kMostFoldCells),
          .max_ops = std::clamp(options.max_ops, 1U, kMostNames),
          .max_devices = std::clamp(options.max_devices, 1U, kMostNames),
          .max_signatures = std::min(options.max_signatures, kMostNames),
          .max_threads = std::clamp(options.max_threads, 1U, kMostNames),
          .longest_wait = in_range(options.max_block)};
}

Nanoseconds cpu_time(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds{time.tv_sec} + Nanoseconds{time.tv_nsec};
}

Nanoseconds steady_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

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

// Tells sessions apart for threads that cached a recorder: addresses are used again, numbers are not.
std::uint64_t next_session_number() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;  // only distinctness matters
}

}  // namespace

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
                   .flush_interval = in_range(given.flush_interval)}) {}

  // In a forked child nothing of this is to be touched: locks are held by threads that are not there.
  [[nodiscard]] bool abandoned() const noexcept { return registry->abandoned(); }

  void collect_until_told();
  Collector::Pass drain();
  void govern();
  void hurry();
  void stop();
  void tell_end() noexcept;
  // What the registry says at one moment.
  struct Now {
    std::vector<TraceThread> threads;
    std::vector<TraceCategory> categories;
    TracerCost cost;
  };
  [[nodiscard]] Now now();
  [[nodiscard]] Trace make_trace(const Harvest& harvest, Now now) const;
  [[nodiscard]] TracerCost cost_so_far();
  Lane* lease(std::string_view thread_name);

  const SessionOptions options;
  const Clock clock;
  const std::uint64_t number = next_session_number();
  const std::shared_ptr<Registry> registry;
  Recorder silent;  // for threads without memory for a lease, and for forked children

  std::mutex control;  // start, stop, pause, take: one at a time
  bool running = false;
  bool has_trace = false;
  std::uint16_t run = 0;  // of this session: counts its starts, 0 before the first
  std::map<std::string, std::string> metadata;
  std::thread thread;
  Nanoseconds started{0};  // steady clock
  Nanoseconds process_cpu_at_start{0};
  Now at_stop;                // of the run that ended last
  std::optional<Trace> told;  // to the sink, at the end of that run

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

  std::mutex waking;  // the collector thread's sleep
  std::condition_variable wake;
  bool told_to_end = false;
  bool told_to_hurry = false;
  std::atomic<bool> sleeps_long{false};
  std::atomic<bool> recording{false};
};

Session::Session(SessionOptions options) : state_(std::make_unique<State>(options)) {}

Session::~Session() {
  if (state_->abandoned()) {
    static_cast<void>(state_.release());  // its threads and locks cannot be taken down here
    return;
  }
  static_cast<void>(stop());  // whoever wants to know what the sink says asks before
  state_->registry->close();
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

// A thread is about to record: the collector looks soon.
void Session::State::hurry() {
  if (!sleeps_long.load(std::memory_order_relaxed)) return;  // it will look soon anyway
  {
    const std::lock_guard lock(waking);
    told_to_hurry = true;
  }
  wake.notify_one();
}

// Requires, for these two: `draining` is held.
Collector::Pass Session::State::drain() {
  const Collector::Pass pass = collector.drain();
  if (governor) govern();
  return pass;
}

void Session::State::govern() {
  const Nanoseconds now = clock.pair().monotonic;
  const Nanoseconds since = now - last_look;
  if (since < kLook) return;
  last_look = now;
  const std::vector<Lane*> lanes = registry->lanes();
  seen.resize(lanes.size());
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const Lane& lane = *lanes[i];
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

Status Session::start() {
  State& s = *state_;
  if (s.abandoned()) {
    return Error{ErrorCode::kInvalid,
                 "expected a process that was not forked, found one: restart_in_child() begins anew"};
  }
  const std::lock_guard lock(s.control);
  if (s.running) return Done{};
  const RecordingCosts costs = calibrate(s.clock);
  // From here on released lanes wait for the collector, so that none changes hands under the accounts it
  // opens.
  s.registry->set_collecting(true);
  s.registry->renumber_threads();
  {
    const std::lock_guard drain(s.draining);
    if (++s.run == 0) {  // after 65,535 starts: no count of a former run may be taken for one of this
      ++s.run;
      s.registry->forget_counts();
    }
    s.collector.begin_run(s.run);
    s.costs = costs;
    s.seen.clear();
    s.last_look = s.clock.pair().monotonic;
    s.governor.reset();
    if (s.options.budget > 0.0) s.governor.emplace(std::min(s.options.budget, 1.0), costs);
    s.has_trace = false;
    s.told.reset();
    s.drain_cpu = Nanoseconds{0};
  }
  s.started = steady_now();
  s.process_cpu_at_start = cpu_time(CLOCK_PROCESS_CPUTIME_ID);
  s.told_to_end = false;
  if (s.options.collector_thread) {
    try {
      s.thread = std::thread([&s] { s.collect_until_told(); });
    } catch (const std::system_error& error) {
      const std::lock_guard drain(s.draining);
      s.collector.abandon_run();
      s.registry->set_collecting(false);
      return Error{ErrorCode::kIo, std::string("collector thread: expected to start, found ") + error.what()};
    }
  }
  s.registry->set_recording(true, s.run);
  s.recording.store(true, std::memory_order_relaxed);  // for recording(): advice only
  s.running = true;
  s.has_trace = true;
  return Done{};
}

// Requires: `control` is held.
void Session::State::stop() {
  if (!running) return;
  recording.store(false, std::memory_order_relaxed);  // for recording(): advice only
  registry->set_recording(false, run);
  if (thread.joinable()) {
    {
      const std::lock_guard lock(waking);
      told_to_end = true;
    }
    wake.notify_one();
    thread.join();
  }
  {
    const std::lock_guard drain(draining);
    {
      const DrainCpu cpu(drain_cpu);
      collector.end_run();
    }
    registry->set_collecting(false);
  }
  at_stop = now();
  running = false;
  if (options.sink.finish) tell_end();
}

// Requires: `control` is held.
void Session::State::tell_end() noexcept {
  const std::lock_guard drain(draining);
  try {
    told = make_trace(collector.harvest(), at_stop);
    collector.finish(*told);
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

Status Session::restart_in_child() {
  if (!state_->abandoned()) {
    return Error{ErrorCode::kInvalid, "expected a forked child, found the process that made the session"};
  }
  auto fresh = std::make_unique<State>(state_->options);
  const std::unique_lock control(state_->control, std::try_to_lock);
  if (!control.owns_lock() || !fresh->registry->inherit(*state_->registry)) {
    return Error{ErrorCode::kIo, "expected the session at rest at the fork, found another thread changing it"};
  }
  fresh->metadata = state_->metadata;
  static_cast<void>(state_.release());  // as in the destructor
  state_ = std::move(fresh);
  return start();
}

Status Session::stop() {
  if (state_->abandoned()) return Done{};
  const std::lock_guard lock(state_->control);
  state_->stop();
  const std::lock_guard drain(state_->draining);
  if (const std::string& said = state_->collector.sink_error(); !said.empty()) return Error{ErrorCode::kIo, said};
  return Done{};
}

void Session::pause() {
  if (state_->abandoned()) return;
  const std::lock_guard lock(state_->control);
  if (!state_->running) return;
  state_->registry->set_recording(false, state_->run);
  state_->recording.store(false, std::memory_order_relaxed);  // for recording(): advice only
}

void Session::resume() {
  if (state_->abandoned()) return;
  const std::lock_guard lock(state_->control);
  if (!state_->running) return;
  state_->hurry();
  state_->registry->set_recording(true, state_->run);
  state_->recording.store(true, std::memory_order_relaxed);  // for recording(): advice only
}

bool Session::recording() const {
  return !state_->abandoned() && state_->recording.load(std::memory_order_relaxed);
}  // advice only

OpId Session::op(std::string_view name, Category category) {
  return in_category(OpId{state_->registry->intern_op(name).id}, category);
}

std::optional<Category> Session::category(std::string_view name) {
  if (state_->abandoned()) return std::nullopt;
  return state_->registry->intern_category(name);
}

void Session::set_rule(Category category, const CategoryRule& rule) {
  if (state_->abandoned()) return;
  state_->hurry();
  state_->registry->set_rule(category, rule);
}

CategoryRule Session::rule(Category category) const {
  if (state_->abandoned()) return {};
  return state_->registry->rule(category);
}

DeviceId Session::device(std::string_view name) { return DeviceId{state_->registry->intern_device(name).id}; }

InternedShapes Session::shapes(ShapeViews inputs, ShapeView output, std::uint32_t element_bytes) {
  SignatureBuilder builder;
  for (const ShapeView& input : inputs) builder.add_input(input.dims());
  builder.set_output(output.dims());
  return state_->registry->intern_shapes(builder.finish(element_bytes)).shapes;
}

// Rings that wait for their last drain are drained here when they are the last ones left: so the number of rings is
// that of threads that record at once, however late the collector is.
Lane* Session::State::lease(std::string_view thread_name) {
  hurry();
  if (Lane* lane = registry->lease(thread_name, Registry::WithoutRing::kRefuse)) return lane;
  {
    const std::lock_guard drain(draining);
    const DrainCpu cpu(drain_cpu);
    collector.drain();
  }
  return registry->lease(thread_name, Registry::WithoutRing::kAccept);
}

Recorder Session::recorder(std::string_view thread_name) {
  if (state_->abandoned()) return {};
  return {state_->lease(thread_name), state_->registry};
}

Recorder& Session::this_thread() {
  State& s = *state_;
  if (Recorder* found = ThreadLeases::find(s.number)) return *found;
  if (s.abandoned()) return s.silent;
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof(name));
  Recorder* const added = ThreadLeases::add(s.number, Recorder(s.lease(name), s.registry));
  return added != nullptr ? *added : s.silent;
}

Ticks Session::now() const noexcept { return state_->clock.now(); }

void Session::set_metadata(std::string key, std::string value) {
  if (state_->abandoned()) return;
  const std::lock_guard lock(state_->control);
  state_->metadata[std::move(key)] = std::move(value);
}

std::size_t Session::drain_once() {
  if (state_->abandoned()) return 0;
  const std::lock_guard control(state_->control);
  if (!state_->running) return 0;
  const std::lock_guard lock(state_->draining);
  const DrainCpu cpu(state_->drain_cpu);
  return state_->drain().moved;
}

// Requires: `control` is held.
Session::State::Now Session::State::now() {
  registry->note_holding();
  return {registry->threads(), registry->categories(), cost_so_far()};
}

Trace Session::State::make_trace(const Harvest& harvest, Now now) const {
  Trace trace;
  trace.threads = std::move(now.threads);
  assemble(harvest, *registry, clock.source(), trace);
  trace.metadata.insert(metadata.begin(), metadata.end());
  trace.categories = std::move(now.categories);
  trace.cost = now.cost;
  if (options.budget > 0.0) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.begin(), text.end(), std::min(options.budget, 1.0)).ptr;
    trace.metadata["ringtail.budget"] = std::string(text.begin(), end);
  }
  if (const std::uint64_t refused = registry->refused_leases(); refused != 0) {
    trace.metadata["ringtail.recorders_without_memory"] = std::to_string(refused);
  }
  return trace;
}

Trace Session::take_trace() {
  State& s = *state_;
  if (s.abandoned()) return {};
  const std::lock_guard lock(s.control);
  s.stop();
  if (!s.has_trace) return {};
  s.has_trace = false;
  if (s.told) {
    Trace trace = *std::exchange(s.told, std::nullopt);
    for (const auto& [key, value] : s.metadata) trace.metadata[key] = value;
    return trace;
  }
  const std::lock_guard drain(s.draining);
  Harvest harvest = s.collector.harvest();
  Trace trace = s.make_trace(harvest, s.at_stop);
  s.collector.give_back(std::move(harvest));
  return trace;
}

Trace Session::snapshot() {
  State& s = *state_;
  if (s.abandoned()) return {};
  const std::lock_guard lock(s.control);
  if (!s.running) return {};
  Harvest harvest;
  {
    const std::lock_guard drain(s.draining);
    const DrainCpu cpu(s.drain_cpu);
    harvest = s.collector.snapshot();
  }
  return s.make_trace(harvest, s.now());
}

std::string Session::sink_error() const {
  if (state_->abandoned()) return {};
  const std::lock_guard drain(state_->draining);
  return state_->collector.sink_error();
}

}  // namespace ringtail
