#include "record/registry.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace ringtail {
namespace {

constexpr std::string_view kOther = "(other)";
constexpr std::string_view kMoreThreads = "(more threads)";

// Interns a name; the last row of a full table is "(other)", which takes all further ones.
std::uint32_t bounded_intern(NameTable& table, std::string_view name, std::uint32_t most) {
  if (const auto id = table.find(name)) return *id;
  return table.intern(table.size() + 1 >= most ? kOther : name);
}

std::int64_t os_thread_id() { return static_cast<std::int64_t>(syscall(SYS_gettid)); }

}  // namespace

InternedName Registry::intern_op(std::string_view name) noexcept {
  try {
    const std::lock_guard lock(tables_mutex_);
    const std::uint32_t id = bounded_intern(tables_.ops, name, limits_.max_ops);
    return {id, tables_.ops.at(id)};
  } catch (...) {
    return {index_of(kNoDevice), {}};  // no memory for a name: an op that is in no table, so "(unknown)"
  }
}

InternedName Registry::intern_device(std::string_view name) noexcept {
  try {
    const std::lock_guard lock(tables_mutex_);
    const std::uint32_t id = bounded_intern(tables_.devices, name, limits_.max_devices);
    return {id, tables_.devices.at(id)};
  } catch (...) {
    return {index_of(kNoDevice), {}};  // no memory for a name: as if none was given
  }
}

Registry::InternedWords Registry::intern_shapes(std::span<const std::uint64_t> words) noexcept {
  const InternedWords dropped{{kDroppedShapes, Signature(words).bytes()}, {}};
  try {
    const std::lock_guard lock(tables_mutex_);
    SignatureTable& table = tables_.signatures;
    std::optional<ShapesId> id = table.find(words);
    if (!id) {
      if (table.size() - kReservedShapes >= limits_.max_signatures) return dropped;
      id = table.intern(words);
    }
    return {{*id, table.bytes(*id)}, table.at(*id).words()};
  } catch (...) {
    return dropped;
  }
}

Registry::Tables Registry::tables() const {
  const std::lock_guard lock(tables_mutex_);
  return tables_;
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

Lane* Registry::free_lane(bool with_ring) {
  for (const auto& lane : lanes_) {
    if ((lane->ring_entries > 0) != with_ring) continue;
    // L4 <- L3: the collector has reset the lane.
    if (lane->state.load(std::memory_order_acquire) == LaneState::kFree) return lane.get();
  }
  return nullptr;
}

void Registry::add_thread(Lane& lane, std::string_view name) {
  // Past the bound all threads share the last row, so that months of short-lived threads take bounded memory.
  if (threads_.size() + 1 >= limits_.max_threads) {
    if (threads_.size() < limits_.max_threads) threads_.push_back({.name = std::string(kMoreThreads)});
    lane.thread = ThreadId{static_cast<std::uint32_t>(threads_.size() - 1)};
    return;
  }
  lane.thread = ThreadId{static_cast<std::uint32_t>(threads_.size())};
  threads_.push_back({.name = std::string(name), .os_id = os_thread_id()});
}

Lane* Registry::lease(std::string_view thread_name, WithoutRing without_ring) noexcept {
  bool new_ring = false;
  std::unique_lock lock(lanes_mutex_, std::defer_lock);
  try {
    lock.lock();
    Lane* lane = free_lane(true);
    if (lane == nullptr && rings_ < limits_.max_rings) {
      new_ring = true;
      ++rings_;
    } else if (lane == nullptr) {
      if (without_ring == WithoutRing::kRefuse) return nullptr;
      lane = free_lane(false);
    }
    if (lane == nullptr) {
      // Without the mutex: touching a ring's pages takes as long as thousands of other leases.
      lock.unlock();
      auto made = std::make_unique<Lane>(*this, clock_, new_ring ? limits_.ring_entries : 0, limits_.fold_cells);
      lock.lock();
      lanes_.push_back(std::move(made));
      new_ring = false;  // it is there, whatever fails from here on
      lane = lanes_.back().get();
      lane_count_.store(lanes_.size(),
                        std::memory_order_release);  // the collector then takes the list under the mutex
    }
    add_thread(*lane, thread_name);
    lane->run.store(run_, std::memory_order_relaxed);                // this thread will read it
    lane->recording.store(recording_, std::memory_order_relaxed);    // as above
    lane->state.store(LaneState::kLive, std::memory_order_release);  // the collector's acquire sees `thread`
    return lane;
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    if (new_ring) --rings_;
    refused_leases_.fetch_add(1, std::memory_order_relaxed);  // statistic
    return nullptr;
  }
}

void Registry::release(Lane& lane) noexcept {
  const std::lock_guard lock(lanes_mutex_);
  lane.recording.store(false, std::memory_order_relaxed);  // only this thread reads it
  if (collecting_) {
    lane.state.store(LaneState::kRetired, std::memory_order_release);  // L1 -> L2: no record comes after this
  } else {
    make_free(lane);
  }
}

void Registry::make_free(Lane& lane) {
  lane.reset();
  lane.state.store(LaneState::kFree, std::memory_order_release);  // L3 -> L4
}

void Registry::set_recording(bool on, std::uint16_t run) {
  const std::lock_guard lock(lanes_mutex_);
  recording_ = on;
  run_ = run;
  for (const auto& lane : lanes_) {
    if (lane->state.load(std::memory_order_relaxed) != LaneState::kLive) continue;  // leases are under the same mutex
    // Relaxed: an attempt that still reads the old run is of the old run; see lane.h.
    lane->run.store(run, std::memory_order_relaxed);
    lane->recording.store(on, std::memory_order_relaxed);  // a span more or less at the switch
  }
}

void Registry::set_collecting(bool on) {
  const std::lock_guard lock(lanes_mutex_);
  collecting_ = on;
  if (on) return;
  for (const auto& lane : lanes_) {
    // Acquire: the retiring thread's last writes come before the reset.
    if (lane->state.load(std::memory_order_acquire) == LaneState::kRetired) make_free(*lane);
  }
}

std::vector<Lane*> Registry::lanes() const {
  const std::lock_guard lock(lanes_mutex_);
  std::vector<Lane*> lanes;
  lanes.reserve(lanes_.size());
  for (const auto& lane : lanes_) lanes.push_back(lane.get());
  return lanes;
}

void Registry::renumber_threads() {
  const std::lock_guard lock(lanes_mutex_);
  std::vector<TraceThread> kept;
  for (const auto& lane : lanes_) {
    if (lane->state.load(std::memory_order_relaxed) == LaneState::kFree)
      continue;  // nobody collects, and leases are under this mutex
    kept.push_back(threads_[index_of(lane->thread)]);
    lane->thread = ThreadId{static_cast<std::uint32_t>(kept.size() - 1)};
  }
  threads_ = std::move(kept);
}

std::vector<TraceThread> Registry::threads() const {
  const std::lock_guard lock(lanes_mutex_);
  return threads_;
}

}  // namespace ringtail
