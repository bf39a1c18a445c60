#include "tests/model/explorer.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "tests/model/execution.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace ringtail::model {

namespace {

// Goes on at `to`, whose stack is told to the address sanitizer where there is one.
void jump(ucontext_t& from, ucontext_t& to) {
#if defined(__SANITIZE_ADDRESS__)
  void* own = nullptr;
  __sanitizer_start_switch_fiber(&own, to.uc_stack.ss_sp, to.uc_stack.ss_size);
#endif
  swapcontext(&from, &to);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(own, nullptr, nullptr);
#endif
}

// The first thing on a new stack. `before`: where it was jumped from, for the way back.
void arrive([[maybe_unused]] ucontext_t* before) {
#if defined(__SANITIZE_ADDRESS__)
  const void* bottom = nullptr;
  std::size_t bytes = 0;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &bytes);
  if (before == nullptr) return;
  before->uc_stack.ss_sp = const_cast<void*>(bottom);
  before->uc_stack.ss_size = bytes;
#endif
}

constexpr std::size_t kMain = 0;  // the thread that sets up, joins and checks
constexpr std::uint32_t kNever = ~std::uint32_t{0};

}  // namespace

Execution* Execution::running_ = nullptr;

Execution& execution() {
  if (Execution::running_ == nullptr) throw std::logic_error("a model's atomic outside explore()");
  return *Execution::running_;
}

// --- the search ---

Result Execution::explore() {
  Result result;
  running_ = this;
  while (true) {
    run();
    ++result.executions;
    if (begin_again_) {
      choices_.clear();
      result.executions = 0;
      continue;
    }
    if (!failure_.empty()) {
      result.verdict = Verdict::kCounterexample;
      result.failure = failure_;
      tracing_ = true;
      run();  // the same choices
      result.trace = trace_;
      break;
    }
    while (!choices_.empty() && choices_.back().taken + 1U == choices_.back().ways) choices_.pop_back();
    if (choices_.empty()) break;
    ++choices_.back().taken;
    if (result.executions == options_.most_executions) {
      result.verdict = Verdict::kGaveUp;
      result.failure = "more than " + std::to_string(result.executions) + " executions";
      break;
    }
  }
  running_ = nullptr;
  std::ranges::sort(sites_, {}, [](const Site& site) { return std::tie(site.file, site.line, site.column); });
  result.sites = sites_;
  return result;
}

// One of several ways on: as the choices say, then the first that was not yet taken.
unsigned Execution::pick(std::size_t ways) {
  if (ways == 1 || !failure_.empty()) return 0;
  if (chosen_ == choices_.size()) choices_.push_back({0, static_cast<std::uint16_t>(ways)});
  if (choices_[chosen_].ways != ways) throw std::logic_error("the program does other things when it is run again");
  return choices_[chosen_++].taken;
}

void Execution::run() {
  threads_ = 0;
  chosen_ = preemptions_ = delays_ = steps_ = stores_ = made_ = 0;
  histories_used_ = 0;
  locks_.clear();
  failure_.clear();
  begin_again_ = together_ = false;
  spawn(program_);
  fibres_[kMain].knowledge.clear();
  current_ = kMain;
  jump(outside_, fibres_[kMain].context);
}

void Execution::enter() {
  Execution& self = *running_;
  arrive(self.current_ == kMain ? &self.outside_ : nullptr);
  try {
    self.me().body();
  } catch (const Unwind&) {
  } catch (const std::exception& error) {
    self.fail(std::string("an exception left the thread: ") + error.what());
  }
  self.me().state = Fibre::State::kEnded;
  self.me().body = nullptr;
  if (self.current_ != kMain) self.leave();
  jump(self.me().context, self.outside_);
}

void Execution::fail(const std::string& what) {
  if (!failure_.empty()) return;
  log("T" + std::to_string(current_) + "  " + what);
  failure_ = what;
}

void Execution::require(bool holds, const char* what) {
  if (!holds) fail(what);
}

// --- threads ---

void Execution::spawn(std::function<void()> body) {
  if (threads_ == kMostThreads) throw std::logic_error("too many threads");
  Fibre& fibre = fibres_[threads_++];
  fibre.body = std::move(body);
  fibre.state = Fibre::State::kReady;
  fibre.looked_at.reset();
  fibre.news = false;
  fibre.fresh_at = kNever;
  fibre.moved = fibre.behind = false;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(fibre.stack.get(), kStackBytes);  // its last user never returned
#endif
  getcontext(&fibre.context);
  fibre.context.uc_stack.ss_sp = fibre.stack.get();
  fibre.context.uc_stack.ss_size = kStackBytes;
  fibre.context.uc_link = nullptr;
  makecontext(&fibre.context, &Execution::enter, 0);
}

void Execution::join() {
  for (std::size_t i = kMain + 1; i < threads_; ++i) {
    Fibre& fibre = fibres_[i];
    if (fibre.state != Fibre::State::kReady) continue;
    fibre.knowledge.copy(me().knowledge, kMostLocations);
  }
  together_ = true;
  me().state = Fibre::State::kJoining;
  leave();
  me().state = Fibre::State::kReady;
  together_ = false;
  for (std::size_t i = kMain + 1; i < threads_; ++i) me().knowledge.join(fibres_[i].knowledge);
}

bool Execution::can_go_on(const Fibre& fibre) const {
  switch (fibre.state) {
    case Fibre::State::kReady: return true;
    case Fibre::State::kLocking: return locks_[fibre.mutex].holder == kMostThreads;
    case Fibre::State::kYielding: return fibre.news;
    case Fibre::State::kJoining:
      return std::all_of(fibres_.begin() + 1, fibres_.begin() + static_cast<std::ptrdiff_t>(threads_),
                         [](const Fibre& other) { return other.state == Fibre::State::kEnded; });
    case Fibre::State::kEnded: return false;
  }
  return false;
}

void Execution::switch_to(std::size_t next) {
  const std::size_t from = current_;
  current_ = next;
  if (next != from) jump(fibres_[from].context, fibres_[next].context);
}

// Before what another thread may notice, or may change: perhaps it comes first.
void Execution::point() {
  if (!failure_.empty()) return;
  if (!std::exchange(me().moved, true) || preemptions_ == options_.preemptions) return;
  std::array<std::size_t, kMostThreads> ways{current_};
  std::size_t count = 1;
  for (std::size_t i = 0; i < threads_; ++i) {
    if (i != current_ && can_go_on(fibres_[i])) ways[count++] = i;
  }
  const std::size_t next = ways[pick(count)];
  if (next == current_) return;
  ++preemptions_;
  switch_to(next);
}

// The current thread cannot go on.
void Execution::leave() {
  std::array<std::size_t, kMostThreads> ways{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < threads_; ++i) {
    // After a failure all are woken to end, the main thread last.
    if (failure_.empty() ? can_go_on(fibres_[i]) : i != kMain && fibres_[i].state != Fibre::State::kEnded) {
      ways[count++] = i;
    }
  }
  if (count == 0 && failure_.empty()) {
    for (std::size_t i = 0; i < threads_; ++i) {
      if (fibres_[i].state == Fibre::State::kYielding && fibres_[i].fresh_at != stores_) ways[count++] = i;
    }
  }
  if (count == 0) {
    if (failure_.empty()) fail("no thread can go on");
    ways[count++] = kMain;
    for (std::size_t i = 1; i < threads_; ++i) {
      if (fibres_[i].state != Fibre::State::kEnded) ways[0] = i;
    }
  }
  const std::size_t next = ways[pick(count)];
  Fibre& fibre = fibres_[next];
  if (failure_.empty() && fibre.state == Fibre::State::kYielding && !can_go_on(fibre)) {
    fibre.fresh_at = stores_;  // in time every store is seen
    for (std::size_t i = 0; i < histories_used_; ++i) {
      fibre.knowledge.oldest[i] = static_cast<std::uint16_t>(histories_[i].size());
    }
  }
  switch_to(next);
}

void Execution::yield() {
  if (!failure_.empty()) throw Unwind{};
  if (!me().news) {
    me().state = Fibre::State::kYielding;
    leave();
    me().state = Fibre::State::kReady;
    if (!failure_.empty()) throw Unwind{};
    me().moved = false;
  }
  me().looked_at.reset();
  me().news = false;
}

// What was looked at is not what it was.
void Execution::tell(std::size_t watched) {
  for (std::size_t i = 0; i < threads_; ++i) fibres_[i].news |= i != current_ && fibres_[i].looked_at.test(watched);
}

std::uint32_t Execution::make_mutex() {
  if (locks_.size() == kMostMutexes) throw std::logic_error("too many mutexes");
  locks_.emplace_back();
  return static_cast<std::uint32_t>(locks_.size() - 1);
}

void Execution::lock(std::uint32_t mutex) {
  if (together_) point();
  while (locks_[mutex].holder != kMostThreads) {
    if (!failure_.empty() || !together_) throw Unwind{};
    me().state = Fibre::State::kLocking;
    me().mutex = mutex;
    leave();
    me().state = Fibre::State::kReady;
  }
  Lock& taken = locks_[mutex];
  taken.holder = current_;
  me().looked_at.set(kMostWatched - 1 - mutex);
  if (taken.carries) me().knowledge.join(taken.knowledge);
  tick();
  if (tracing_) log("T" + std::to_string(current_) + "  lock mutex " + std::to_string(mutex));
}

void Execution::unlock(std::uint32_t mutex) {
  Lock& held = locks_[mutex];
  held.holder = kMostThreads;
  tell(kMostWatched - 1 - mutex);
  held.knowledge.copy(me().knowledge, histories_used_);
  held.carries = true;
  tick();
  if (tracing_) log("T" + std::to_string(current_) + "  unlock mutex " + std::to_string(mutex));
}

// --- what programs call ---

Result explore(const Options& options, const std::function<void()>& program) {
  return std::make_unique<Execution>(options, program)->explore();
}

void spawn(std::function<void()> body) { execution().spawn(std::move(body)); }
void join() { execution().join(); }
void require(bool holds, const char* what) { execution().require(holds, what); }
unsigned choose(unsigned ways) { return execution().pick(ways); }
void yield() { execution().yield(); }

Mutex::Mutex() : number_(execution().make_mutex()) {}
void Mutex::lock() { execution().lock(number_); }
void Mutex::unlock() { execution().unlock(number_); }

}  // namespace ringtail::model
