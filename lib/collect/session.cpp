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
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "collect/collector.h"
#include "collect/dumper.h"
#include "collect/governor.h"
#include "collect/limits.h"
#include "collect/pace.h"
#include "collect/thread_leases.h"
#include "record/registry.h"

namespace ringtail {
namespace {

constexpr std::chrono::microseconds kShortestPoll{1};
constexpr std::chrono::milliseconds kLook{20};  // between two looks at what recording costs

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
                   .keep = given.keep,
                   .window = in_range(given.window),
                   .sink = given.sink,
                   .flush_interval = in_range(given.flush_interval),
                   .triggers = options.triggers.on_trigger ? &options.triggers : nullptr,
                   .slot = &dumper.slot()}) {}

  void collect_until_told();
  Collector::Pass drain();
  void govern();
  void begin_run();
  void hurry();
  void end_thread();
  void stop();
  [[nodiscard]] Trace assemble(const Harvest& harvest, const TracerCost& cost) const;
  [[nodiscard]] Trace take();
  [[nodiscard]] Trace snapshot();
  [[nodiscard]] TracerCost cost_so_far();
  Lane* lease(std::string_view thread_name);

  const SessionOptions options;
  const Clock clock;
  const std::uint64_t number = next_session_number();
  const std::shared_ptr<Registry> registry;
  Recorder silent;  // for threads in their last destructors

  std::mutex control;  // start, stop, pause, take: one at a time
  bool running = false;
  bool has_trace = false;
  std::uint16_t run = 0;  // of this session: counts its starts, 0 before the first
  std::thread thread;
  Nanoseconds started{0};  // steady clock
  Nanoseconds process_cpu_at_start{0};
  TracerCost cost;  // of the run that ended last

  Dumper dumper{options.triggers, clock, [this] { return snapshot(); }};

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
};

Session::Session(SessionOptions options) : state_(std::make_unique<State>(options)) {}

Session::~Session() {
  stop();
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
  try {
    seen.resize(registry->lane_count());
  } catch (const std::bad_alloc&) {  // those that are known govern for all
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const Lane& lane = registry->lane(i);
    if (lane.state.load(std::memory_order_acquire) != LaneState::kLive) continue;  // so `thread` is this lease's
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

// Throws std::bad_alloc. Requires: `control` is held.
void Session::State::begin_run() {
  const RecordingCosts calibrated = calibrate(clock);
  // From here on released lanes wait for the collector, so that none changes hands under the accounts it
  // opens.
  registry->set_collecting(true);
  registry->renumber_threads();
  {
    const std::lock_guard drain_lock(draining);
    if (++run == 0) {  // after 65,535 starts: no count of a former run may be taken for one of this
      ++run;
      registry->forget_counts();
    }
    collector.begin_run(run);
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

Status Session::start() {
  State& s = *state_;
  const std::lock_guard lock(s.control);
  if (s.running) return Done{};
  s.has_trace = false;
  const auto give_up = [&s] {
    s.end_thread();
    const std::lock_guard drain(s.draining);
    s.collector.abandon_run();
    s.registry->set_collecting(false);
  };
  try {
    s.begin_run();
    if (s.options.collector_thread) s.thread = std::thread([&s] { s.collect_until_told(); });
    if (s.dumper.is_used()) s.dumper.begin(s.options.collector_thread);
  } catch (const std::system_error& error) {
    give_up();
    return Error{ErrorCode::kIo, std::string("collector thread: expected to start, found ") + error.what()};
  } catch (const std::bad_alloc&) {
    give_up();
    return Error{ErrorCode::kNoMemory, "no memory"};  // a text that needs none
  }
  s.registry->set_recording(true, s.run);
  s.recording.store(true, std::memory_order_relaxed);  // for recording(): advice only
  s.running = true;
  s.has_trace = true;
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

// Requires: `control` is held.
void Session::State::stop() {
  if (!running) return;
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

void Session::stop() {
  const std::lock_guard lock(state_->control);
  state_->stop();
}

void Session::pause() {
  const std::lock_guard lock(state_->control);
  if (!state_->running) return;
  state_->registry->set_recording(false, state_->run);
  state_->recording.store(false, std::memory_order_relaxed);  // for recording(): advice only
}

void Session::resume() {
  const std::lock_guard lock(state_->control);
  if (!state_->running) return;
  state_->hurry();
  state_->registry->set_recording(true, state_->run);
  state_->recording.store(true, std::memory_order_relaxed);  // for recording(): advice only
}

bool Session::recording() const { return state_->recording.load(std::memory_order_relaxed); }  // advice only

OpId Session::op(std::string_view name, Category category) {
  return in_category(OpId{state_->registry->intern_op(name).id}, category);
}

std::optional<Category> Session::category(std::string_view name) { return state_->registry->intern_category(name); }

void Session::set_rule(Category category, const CategoryRule& rule) {
  state_->hurry();
  state_->registry->set_rule(category, rule);
}

CategoryRule Session::rule(Category category) const { return state_->registry->rule(category); }

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

Recorder Session::recorder(std::string_view thread_name) { return {state_->lease(thread_name), state_->registry}; }

Recorder& Session::this_thread() {
  if (ThreadLeases::gone) return state_->silent;
  static thread_local ThreadLeases leases;
  if (Recorder* found = leases.find(state_->number)) return *found;
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof(name));
  try {
    return leases.add(state_->number, Recorder(state_->lease(name), state_->registry));
  } catch (const std::bad_alloc&) {
    state_->registry->count_refused_lease();
    return state_->silent;
  }
}

Ticks Session::now() const noexcept { return state_->clock.now(); }

void Session::set_metadata(std::string key, std::string value) {
  const std::lock_guard lock(state_->describing);
  state_->metadata[std::move(key)] = std::move(value);
}

std::size_t Session::drain_once() {
  const std::lock_guard control(state_->control);
  if (!state_->running) return 0;
  std::size_t moved = 0;
  {
    const std::lock_guard lock(state_->draining);
    const DrainCpu cpu(state_->drain_cpu);
    moved = state_->drain().moved;
  }
  if (!state_->options.collector_thread) state_->dumper.look();
  return moved;
}

void Session::trigger(std::string_view reason) noexcept {
  if (!state_->dumper.is_used() || !recording()) return;
  Sighting asked;
  asked.at = state_->clock.pair().monotonic;
  asked.set_reason(reason);
  state_->dumper.slot().set(asked);
}

Trace Session::State::assemble(const Harvest& harvest, const TracerCost& so_far) const {
  Trace trace = ringtail::assemble(harvest, *registry, clock.source());
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
  Trace trace = assemble(collector.harvest(), cost);
  collector.forget_rows();
  has_trace = false;
  return trace;
}

Trace Session::take_trace() {
  State& s = *state_;
  const std::lock_guard lock(s.control);
  s.stop();
  if (!s.has_trace) return {};
  return s.take();
}

// Requires: the session runs, and is not stopped meanwhile.
Trace Session::State::snapshot() {
  Harvest harvest;
  {
    const std::lock_guard drain_lock(draining);
    const DrainCpu cpu(drain_cpu);
    harvest = collector.snapshot();
  }
  registry->note_holding();
  return assemble(harvest, cost_so_far());
}

Trace Session::snapshot() {
  const std::lock_guard lock(state_->control);
  if (!state_->running) return {};
  return state_->snapshot();
}

MemoryUse Session::memory() const noexcept { return state_->registry->memory().use(); }

std::string Session::sink_error() const {
  const std::lock_guard drain(state_->draining);
  return state_->collector.sink_error();
}

}  // namespace ringtail
