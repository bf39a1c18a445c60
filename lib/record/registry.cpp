#include "record/registry.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cassert>

#include "record/cpu_time.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::string_view kOther = "(other)";
constexpr std::string_view kUnknown = "(unknown)";
constexpr std::string_view kMoreThreads = "(more threads)";

// Lets the other hardware thread of the core go on.
void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// What a row takes in a container that doubles, with its place in an index and what an allocator adds; while it grows
// the old half is there as well.
constexpr std::size_t kRowBytes = 96;

// So that every table fits into a chunk of a file, and a wrong name into a report.
constexpr std::size_t kMostNameBytes = 4'096;
constexpr std::size_t kMostTableBytes = std::size_t{16} << 20U;  // of a table's names together
constexpr std::size_t kMostShapeWords = 4'096;

// The name, or the most of it that is kept, which ends with a whole character of UTF-8.
std::string_view cut(std::string_view name) {
  if (name.size() <= kMostNameBytes) return name;
  std::size_t end = kMostNameBytes;
  while (end > kMostNameBytes - 4 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return name.substr(0, end);
}

// Interns a name; the last row of a full table is "(other)", which takes all further ones.
std::uint32_t bounded_intern(NameTable& table, std::size_t& bytes, std::string_view name, std::uint32_t most,
                             MemoryBound& memory, std::size_t copies) {
  if (const auto id = table.find(name)) return *id;
  if (table.size() + 1 < most && bytes + name.size() <= kMostTableBytes) {
    if (name == kUnknown) return table.intern(name);  // as kOther: what stands for others is there in any case
    try {
      const std::uint32_t id = memory.spend(MemoryBound::For::kTables, copies * (kRowBytes + name.size()),
                                            [&] { return table.intern(name); });
      bytes += name.size();
      return id;
    } catch (const OverBound&) {  // then it is one of the others
    }
  }
  return table.intern(kOther);
}

// Locked, after some tries: what is done under it takes less than being put to sleep and woken.
std::unique_lock<std::mutex> soon(std::mutex& mutex) {
  constexpr int kTries = 64;
  for (int i = 0; i < kTries; ++i) {
    if (std::unique_lock lock(mutex, std::try_to_lock); lock.owns_lock()) return lock;
    relax();
  }
  return std::unique_lock(mutex);
}

// CPU time of a thread of this process; 0 when it is gone.
Nanoseconds cpu_time_of(std::int64_t os_thread) noexcept {
  // The kernel's name for a thread's CPU clock: linux/posix-timers.h, CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED.
  return cpu_time(static_cast<clockid_t>((~static_cast<std::uint64_t>(os_thread) << 3U) | 6U));
}

std::int64_t os_thread_id() { return static_cast<std::int64_t>(syscall(SYS_gettid)); }

}  // namespace

std::size_t lane_bytes(std::size_t ring_entries, std::size_t fold_cells) noexcept {
  constexpr std::size_t kAllocations = 512;  // what allocators add to some eight blocks, and pointers at the lane
  const std::size_t ring = ring_entries == 0 ? 0 : ring_entries + 1;
  const std::size_t cells = (ring + FoldTable::most_totals(fold_cells)) * kCacheLineBytes + NestedSpans::kCellBytes;
  return sizeof(Lane) + cells + ShapeCache::kFirstBytes + kBookBytes + kAllocations;
}

// Locked; in a forked child only if it can be, for who holds it may not be there.
std::unique_lock<std::mutex> Registry::lock_tables() const {
  if (abandoned()) return std::unique_lock(tables_mutex_, std::try_to_lock);
  return soon(tables_mutex_);
}

InternedName Registry::intern_op(std::string_view name) noexcept {
  try {
    const std::unique_lock lock = lock_tables();
    if (!lock.owns_lock()) return {index_of(kNoDevice), {}};
    const std::uint32_t id =
        bounded_intern(tables_.ops, tables_.op_bytes, cut(name), limits_.max_ops, memory_, limits_.copies);
    return {id, tables_.ops.at(id)};
  } catch (...) {
    return {index_of(kNoDevice), {}};  // no memory for a name: an op that is in no table, so "(unknown)"
  }
}

InternedName Registry::intern_device(std::string_view name) noexcept {
  try {
    const std::unique_lock lock = lock_tables();
    if (!lock.owns_lock()) return {index_of(kNoDevice), {}};
    const std::uint32_t id = bounded_intern(tables_.devices, tables_.device_bytes, cut(name), limits_.max_devices,
                                            memory_, limits_.copies);
    return {id, tables_.devices.at(id)};
  } catch (...) {
    return {index_of(kNoDevice), {}};  // no memory for a name: as if none was given
  }
}

Registry::InternedWords Registry::intern_shapes(std::span<const std::uint64_t> words) noexcept {
  const InternedWords dropped{{kDroppedShapes, Signature(words).bytes()}, {}};
  if (words.size() > kMostShapeWords) return dropped;
  const SignatureTable& table = tables_.signatures;
  using Found = std::optional<InternedWords>;
  const auto at = [&](ShapesId id) { return InternedWords{{id, table.bytes(id)}, table.at(id).words()}; };
  const auto find = [&]() -> Found {
    const std::optional<ShapesId> id = table.find(words);
    return id ? Found(at(*id)) : std::nullopt;
  };
  const auto add = [&]() -> Found {
    if (table.size() - kReservedShapes >= limits_.max_signatures) return std::nullopt;
    // Twice the words: they stand in chunks that double.
    const std::size_t bytes = limits_.copies * (kRowBytes + 2 * words.size_bytes());
    try {
      return at(memory_.spend(MemoryBound::For::kTables, bytes, [&] { return tables_.signatures.intern(words); }));
    } catch (const OverBound&) {
      return std::nullopt;  // full as well
    }
  };
  try {
    return signatures_.find_or_add([this] { return lock_tables(); }, find, add).value_or(dropped);
  } catch (...) {
    return dropped;
  }
}

void Registry::extend(Trace& trace) const {
  const std::lock_guard lock(tables_mutex_);
  const auto add_names = [](const NameTable& from, NameTable& to) {
    for (std::uint32_t id = to.size(); id < from.size(); ++id) to.intern(from.at(id));
  };
  add_names(tables_.ops, trace.op_names());
  add_names(tables_.devices, trace.device_names());
  for (std::uint32_t id = trace.signatures().size(); id < tables_.signatures.size(); ++id) {
    trace.signatures().intern(tables_.signatures.at(ShapesId{id}).words());
  }
}

ThreadId Registry::add_thread(std::string_view said) {
  const std::string_view name = cut(said);
  // Past the bound all threads share the last row, so that months of short-lived threads take bounded memory.
  threads_full_ |= threads_.size() + 1 >= limits_.max_threads || thread_name_bytes_ + name.size() > kMostTableBytes;
  if (!threads_full_) {
    try {
      const std::size_t bytes = thread_bytes(name);
      memory_.spend(MemoryBound::For::kTables, bytes, [&] {
        threads_.push_back({.thread = {.name = std::string(name), .os_id = os_thread_id()}, .account = {}});
      });
      threads_bytes_ += bytes;
      thread_name_bytes_ += name.size();
    } catch (const OverBound&) {
      threads_full_ = true;
    }
  }
  if (threads_full_ && (threads_.empty() || threads_.back().thread.name != kMoreThreads)) {
    threads_.push_back({.thread = {.name = std::string(kMoreThreads)}, .account = {}});
  }
  return ThreadId{static_cast<std::uint32_t>(threads_.size() - 1)};
}

std::size_t Registry::thread_bytes(std::string_view name) const noexcept {
  return limits_.copies * (sizeof(ThreadRow) + sizeof(ThreadAccount) + kRowBytes + name.size());
}

Lane* Registry::lease(std::string_view thread_name, WithoutRing without_ring) noexcept {
  std::unique_lock lock(lanes_mutex_);
  const auto make = [this](bool with_ring, const auto& add) {
    const std::size_t entries = with_ring ? limits_.ring_entries : 0;
    memory_.spend(MemoryBound::For::kLanes, lane_bytes(entries, limits_.fold_cells),
                  [&] { add(std::make_unique<Lane>(*this, clock_, entries, limits_.fold_cells)); });
  };
  try {
    if (Lane* const lane = lanes_.find(lock, without_ring == WithoutRing::kAccept, make)) {
      const ThreadId thread = add_thread(thread_name);
      apply(*lane);
      begin_holding(*lane, os_thread_id());
      lane->go_live(thread);
      return lane;
    }
  } catch (const std::bad_alloc&) {  // no memory for the thread's row
  }
  if (without_ring == WithoutRing::kAccept) count_refused_lease();
  return nullptr;
}

void Registry::release(Lane& lane) noexcept {
  if (abandoned()) return;
  const std::lock_guard lock(lanes_mutex_);
  lane.switch_word.store(0, std::memory_order_relaxed);  // only this thread reads it
  end_holding(lane);
  lanes_.give_back(lane);
  if (sheds_lanes_) shed();
}

void Registry::close() noexcept {
  closed_.store(true, std::memory_order_relaxed);  // only memory is at stake
  // Sequentially consistent, as in ~Forks: a forked child finds none, or this waits for its fork. Those that stay are
  // silent as it is.
  lanes_.hide();
  forks_.wait();
  const std::lock_guard lock(lanes_mutex_);
  sheds_lanes_ = true;
  shed();
}

// Requires: lanes_mutex_ is held.
void Registry::shed() {
  lanes_.shed([this](const Lane& lane) {
    memory_.give(MemoryBound::For::kLanes, lane_bytes(lane.ring_entries, limits_.fold_cells));
  });
}

bool Registry::lock_for_fork(std::chrono::steady_clock::time_point give_up) noexcept {
  const auto locked = [&](std::mutex& mutex) {
    while (!mutex.try_lock()) {
      if (std::chrono::steady_clock::now() >= give_up) return false;
      relax();
    }
    return true;
  };
  if (!locked(tables_mutex_)) return false;
  if (locked(lanes_mutex_)) return true;
  tables_mutex_.unlock();
  return false;
}

void Registry::unlock_after_fork() noexcept {
  lanes_mutex_.unlock();
  tables_mutex_.unlock();
}

void Registry::abandon() noexcept {
  abandoned_.store(true, std::memory_order_relaxed);  // this and below: the only thread there is reads it
  lanes_.for_each_unlocked([](Lane& lane) { lane.switch_word.store(0, std::memory_order_relaxed); });
}

bool Registry::inherit(Registry& abandoned) {
  const std::unique_lock tables(abandoned.tables_mutex_, std::try_to_lock);
  const std::unique_lock lanes(abandoned.lanes_mutex_, std::try_to_lock);
  if (!tables.owns_lock() || !lanes.owns_lock()) return false;
  const std::size_t bytes = abandoned.memory_.use().tables - abandoned.threads_bytes_;
  memory_.spend(MemoryBound::For::kTables, bytes, [&] { tables_ = abandoned.tables_; });
  category_names_ = abandoned.category_names_;
  rules_ = abandoned.rules_;
  return true;
}

unsigned Registry::log2_one_in(const CategoryRule& rule) const {
  constexpr unsigned kMost = 31;  // what a record's flags have room for
  const auto own = static_cast<unsigned>(std::bit_width(std::max(rule.one_in, 1U) - 1));
  return std::min(own + (rule.governed ? thinning_ : 0U), kMost);
}

void Registry::set_thinning(unsigned log2) {
  const std::lock_guard lock(lanes_mutex_);
  if (log2 == thinning_) return;
  thinning_ = log2;
  note_restrictions();
  apply_to_live();
}

// Relaxed stores: a span more or less at the switch, and an attempt that still reads the old run is of the old run.
// Rules take effect soon; those of a category that is off do not matter. Requires: lanes_mutex_ is held.
void Registry::apply(Lane& lane) const {
  std::uint16_t recorded = 0;
  std::uint16_t sampled = 0;
  for (std::size_t i = 0; i < kMostCategories; ++i) {
    const CategoryRule& rule = rules_[i];
    const auto bit = static_cast<std::uint16_t>(1U << i);
    const unsigned log2 = log2_one_in(rule);
    if (recording_ && rule.record && i < category_names_.size()) recorded |= bit;
    if (log2 > 0) sampled |= bit;
    const auto shortest = static_cast<std::uint64_t>(std::max<std::int64_t>(rule.shortest.count(), 0));
    lane.rules[i].log2_one_in.store(log2, std::memory_order_relaxed);
    lane.rules[i].shortest_ns.store(shortest, std::memory_order_relaxed);
    lane.rules[i].shortest_ticks.store(clock_.ticks_in(rule.shortest), std::memory_order_relaxed);
  }
  lane.longest_wait_ns.store(limits_.longest_wait.count(), std::memory_order_relaxed);
  lane.switch_word.store(Switches::of(recorded, sampled, run_).word(), std::memory_order_relaxed);
}

void Registry::apply_to_live() const {
  for (const auto& lane : lanes_.all()) {
    if (lane->state.load(std::memory_order_relaxed) == LaneState::kLive)
      apply(*lane);  // leases are under the same mutex
  }
}

// A manual clock's session has no relation to the machine's time.
void Registry::begin_holding(Lane& lane, std::int64_t os_thread) const {
  if (clock_.source() == Clock::Source::kManual) return;
  lane.holding = {os_thread, std::chrono::steady_clock::now().time_since_epoch(), cpu_time_of(os_thread)};
}

void Registry::end_holding(Lane& lane) {
  if (clock_.source() == Clock::Source::kManual || !lanes_.collecting()) return;
  TraceThread& thread = threads_[index_of(lane.thread)].thread;
  const Nanoseconds cpu = cpu_time_of(lane.holding.os_thread);
  thread.held += std::chrono::steady_clock::now().time_since_epoch() - lane.holding.since;
  if (cpu > lane.holding.cpu_since) thread.cpu += cpu - lane.holding.cpu_since;
}

void Registry::note_holding() {
  const std::lock_guard lock(lanes_mutex_);
  for (const auto& lane : lanes_.all()) {
    if (lane->state.load(std::memory_order_relaxed) != LaneState::kLive) continue;  // leases are under the same mutex
    end_holding(*lane);
    begin_holding(*lane, lane->holding.os_thread);
  }
}

void Registry::set_recording(bool on, std::uint16_t run) {
  const std::lock_guard lock(lanes_mutex_);
  recording_ = on;
  run_ = run;
  apply_to_live();
}

std::optional<Category> Registry::intern_category(std::string_view name) {
  const std::lock_guard lock(lanes_mutex_);
  const auto found = std::ranges::find(category_names_, name);
  if (found == category_names_.end()) {
    if (category_names_.size() == kMostCategories) return std::nullopt;
    category_names_.emplace_back(name);
    apply_to_live();
    return Category{static_cast<std::uint8_t>(category_names_.size() - 1)};
  }
  return Category{static_cast<std::uint8_t>(found - category_names_.begin())};
}

std::vector<TraceCategory> Registry::categories() const {
  const std::lock_guard lock(lanes_mutex_);
  std::vector<TraceCategory> categories;
  for (std::size_t i = 0; i < category_names_.size(); ++i) {
    TraceCategory category = tightest_[i];
    if (category == TraceCategory{}) continue;
    category.name = category_names_[i];
    categories.push_back(std::move(category));
  }
  return categories;
}

// Requires: lanes_mutex_ is held.
void Registry::note_restrictions() {
  for (std::size_t i = 0; i < category_names_.size(); ++i) {
    const CategoryRule& rule = rules_[i];
    TraceCategory& tightest = tightest_[i];
    tightest.recorded &= rule.record;
    tightest.shortest = std::max({tightest.shortest, rule.shortest, Nanoseconds{0}});
    tightest.one_in = std::max(tightest.one_in, std::uint32_t{1} << log2_one_in(rule));
    tightest.governed |= rule.governed && thinning_ > 0;
  }
}

void Registry::set_rule(Category category, const CategoryRule& rule) {
  assert(static_cast<std::size_t>(category) < kMostCategories);
  static_cast<void>(clock_.ticks_in(rule.shortest));  // the first call takes some milliseconds: not under the mutex
  const std::lock_guard lock(lanes_mutex_);
  rules_[static_cast<std::size_t>(category)] = rule;
  if (lanes_.collecting()) note_restrictions();
  apply_to_live();
}

CategoryRule Registry::rule(Category category) const {
  assert(static_cast<std::size_t>(category) < kMostCategories);
  const std::lock_guard lock(lanes_mutex_);
  return rules_[static_cast<std::size_t>(category)];
}

void Registry::set_collecting(bool on) {
  const std::lock_guard lock(lanes_mutex_);
  lanes_.set_collecting(on);
}

Lane& Registry::lane(std::size_t number) const {
  const std::lock_guard lock(lanes_mutex_);
  return *lanes_.all()[number];
}

void Registry::forget_counts() {
  const std::lock_guard lock(lanes_mutex_);
  for (const auto& lane : lanes_.all()) {
    // Relaxed: their threads do not count while recording is off, and see these with the next start's switches, or
    // later.
    for (auto* counter :
         {&lane->attempted, &lane->sampled_out, &lane->shapes_dropped, &lane->clock_steps, &lane->blocked_ns}) {
      counter->store(0, std::memory_order_relaxed);
    }
    lane->folds.forget();
    lane->nested.forget();
  }
}

void Registry::renumber_threads() {
  const std::lock_guard lock(lanes_mutex_);
  const auto is_held = [](const Lane& lane) {
    return lane.state.load(std::memory_order_relaxed) != LaneState::kFree;  // leases are under this mutex
  };
  std::deque<ThreadRow> kept;
  std::size_t bytes = 0;
  std::size_t name_bytes = 0;
  for (const auto& lane : lanes_.all()) {
    if (!is_held(*lane)) continue;
    const TraceThread& thread = threads_[index_of(lane->thread)].thread;
    kept.push_back({.thread = {.name = thread.name, .os_id = thread.os_id}, .account = {}});
    bytes += thread_bytes(thread.name);
    name_bytes += thread.name.size();
  }
  if (bytes > threads_bytes_ && !memory_.take(MemoryBound::For::kTables, bytes - threads_bytes_)) throw OverBound();
  // From here on nothing fails.
  std::uint32_t next = 0;
  for (const auto& lane : lanes_.all()) {
    if (!is_held(*lane)) continue;
    lane->thread = ThreadId{next++};
    begin_holding(*lane, lane->holding.os_thread);
  }
  threads_ = std::move(kept);
  threads_full_ = false;
  if (bytes < threads_bytes_) memory_.give(MemoryBound::For::kTables, threads_bytes_ - bytes);
  threads_bytes_ = bytes;
  thread_name_bytes_ = name_bytes;
  thinning_ = 0;
  tightest_ = {};
  note_restrictions();
}

std::size_t Registry::thread_count() const {
  const std::lock_guard lock(lanes_mutex_);
  return threads_.size();
}

void Registry::extend_threads(std::vector<TraceThread>& threads) const {
  const std::lock_guard lock(lanes_mutex_);
  for (std::size_t i = threads.size(); i < threads_.size(); ++i) {
    threads.push_back({.name = threads_[i].thread.name, .os_id = threads_[i].thread.os_id});
  }
}

std::vector<TraceThread> Registry::threads() const {
  const std::lock_guard lock(lanes_mutex_);
  std::vector<TraceThread> threads;
  threads.reserve(threads_.size());
  for (const ThreadRow& row : threads_) threads.push_back(row.thread);
  return threads;
}

ThreadAccount& Registry::account(ThreadId thread) {
  const std::lock_guard lock(lanes_mutex_);
  return threads_[index_of(thread)].account;
}

void Registry::copy_accounts(std::vector<ThreadAccount>& accounts) const {
  accounts.clear();
  accounts.reserve(thread_count());  // before the lock, which leases wait for
  const std::lock_guard lock(lanes_mutex_);
  for (const ThreadRow& row : threads_) accounts.push_back(row.account);
}

}  // namespace ringtail::inline v1
