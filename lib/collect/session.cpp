#include "ringtail/collect/session.h"

#include <pthread.h>

#include <new>
#include <utility>

#include "collect/session_state.h"
#include "collect/thread_leases.h"

namespace ringtail::inline v1 {
namespace {

// From within a function that the session itself has called.
Error from_inside() {
  return Error{ErrorCode::kInvalid,
               "expected a call from elsewhere, found one by the session's own sink or on_trigger"};
}

}  // namespace

Session::Session(const SessionOptions& options) : state_(std::make_unique<State>(options)) {}

Session::~Session() {
  if (state_->abandoned()) {
    static_cast<void>(state_.release());  // its threads and locks cannot be taken down here
    return;
  }
  static_cast<void>(stop());  // whoever wants to know what the sink says asks before
  state_->registry->close();
}

Status Session::start() {
  if (state_->abandoned()) {
    return Error{ErrorCode::kInvalid,
                 "expected a process that was not forked, found one: restart_in_child() begins anew"};
  }
  if (state_->out_of_reach()) return from_inside();
  const std::lock_guard lock(state_->control);
  return state_->start();
}

Status Session::restart_in_child() {
  if (!state_->abandoned()) {
    return Error{ErrorCode::kInvalid, "expected a forked child, found the process that made the session"};
  }
  try {
    auto fresh = std::make_unique<State>(state_->options);
    const std::unique_lock describing(state_->describing, std::try_to_lock);
    if (!describing.owns_lock() || !fresh->registry->inherit(*state_->registry)) {
      return Error{ErrorCode::kIo, "expected the session at rest at the fork, found another thread changing it"};
    }
    fresh->metadata = state_->metadata;
    const std::lock_guard control(fresh->control);
    if (Status started = fresh->start(); !started.ok()) return started;
    static_cast<void>(state_.release());  // as in the destructor
    state_ = std::move(fresh);
    return Done{};
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoMemory, "no memory"};  // a text that needs none
  }
}

Status Session::stop() {
  if (state_->abandoned()) return Done{};
  if (state_->out_of_reach()) return from_inside();
  const std::lock_guard lock(state_->control);
  state_->stop();
  const std::lock_guard drain(state_->draining);
  const std::string& said = state_->collector.sink_error();
  if (said.empty()) return Done{};
  try {
    return Error{ErrorCode::kIo, said};
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoMemory, "no memory"};  // a text that needs none
  }
}

void Session::pause() {
  if (state_->out_of_reach()) return;
  const std::lock_guard lock(state_->control);
  if (!state_->running) return;
  state_->registry->set_recording(false, state_->run);
  state_->recording.store(false, std::memory_order_relaxed);  // for recording(): advice only
}

void Session::resume() {
  if (state_->out_of_reach()) return;
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

Recorder Session::recorder(std::string_view thread_name) {
  if (state_->abandoned()) return {};
  return {state_->lease(thread_name), state_->registry};
}

Recorder& Session::this_thread() {
  State& s = *state_;
  if (Recorder* found = ThreadLeases::find(s.number)) return *found;
  if (s.abandoned()) return s.silent;
  if (ThreadLeases::are_over()) {
    s.registry->count_refused_lease();
    return s.silent;
  }
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof(name));
  Recorder* const added = ThreadLeases::add(s.number, Recorder(s.lease(name), s.registry));
  if (added != nullptr) return *added;
  s.registry->count_refused_lease();
  return s.silent;
}

Ticks Session::now() const noexcept { return state_->clock.now(); }

void Session::set_metadata(std::string key, std::string value) {
  if (state_->abandoned()) return;
  const std::lock_guard lock(state_->describing);
  state_->metadata[std::move(key)] = std::move(value);
}

std::size_t Session::drain_once() {
  if (state_->out_of_reach()) return 0;
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

Trace Session::take_trace() {
  if (state_->out_of_reach()) return {};
  const std::lock_guard lock(state_->control);
  state_->stop();
  if (!state_->has_trace) return {};
  return state_->take();
}

Trace Session::snapshot() {
  if (state_->out_of_reach()) return {};
  const std::lock_guard lock(state_->control);
  if (!state_->running) return {};
  return state_->snapshot();
}

MemoryUse Session::memory() const noexcept { return state_->registry->memory().use(); }

std::string Session::sink_error() const {
  if (state_->out_of_reach()) return {};
  const std::lock_guard drain(state_->draining);
  return state_->collector.sink_error();
}

}  // namespace ringtail::inline v1
