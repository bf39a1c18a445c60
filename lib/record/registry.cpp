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

Registry::InternedName Registry::intern_op(std::string_view name) noexcept {
  try {
    const std::lock_guard lock(tables_mutex_);
    const std::uint32_t id = bounded_intern(tables_.ops, name, limits_.max_ops);
    return {id, tables_.ops.at(id)};
  } catch (...) {
    // No memory for a name: its spans go to whatever op was first; an empty view keeps it out of the caches.
    return {0, {}};
  }
}

DeviceId Registry::intern_device(std::string_view name) noexcept {
  try {
    const std::lock_guard lock(tables_mutex_);
    return DeviceId{bounded_intern(tables_.devices, name, limits_.max_devices)};
  } catch (...) {
    return kNoDevice;
  }
}

Registry::InternedWords Registry::intern_shapes(std::span<const std::uint64_t> words) noexcept {
  const InternedWords dropped{{kDroppedShapes, Signature(words).bytes()}, {}};
  // Relaxed: once full, full for ever; a late look only takes the lock once more.
  if (signatures_full_.load(std::memory_order_relaxed)) return dropped;
  try {
    const std::lock_guard lock(tables_mutex_);
    SignatureTable& table = tables_.signatures;
    if (table.size() >= limits_.max_signatures) {
      signatures_full_.store(true, std::memory_order_relaxed);  // as above
      return dropped;
    }
    const ShapesId id = table.intern(words);
    return {{id, table.bytes(id)}, table.at(id).words()};
  } catch (...) {
    return dropped;
  }
}

Registry::Tables Registry::tables() const {
  const std::lock_guard lock(tables_mutex_);
  return tables_;
}

Lane* Registry::free_lane(bool with_ring) {
  for (const auto& lane : lanes_) {
    if (lane->has_ring != with_ring) continue;
    // L4 <- L3: the collector has reset the lane.
    if (lane->state.load(std::memory_order_acquire) == LaneState::kFree) return lane.get();
  }
  return nullptr;
}

// Without the mutex: touching a ring's pages takes as long as thousands of other leases.
std::unique_ptr<Lane> Registry::make_lane(bool with_ring) {
  try {
    return std::make_unique<Lane>(*this, clock_, with_ring ? limits_.ring_entries : 0, limits_.fold_cells);
  } catch (...) {
    if (with_ring) {
      const std::lock_guard lock(lanes_mutex_);
      --rings_;
    }
    throw;
  }
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
  try {
    std::unique_lock lock(lanes_mutex_);
    Lane* lane = free_lane(true);
    const bool new_ring = lane == nullptr && rings_ < limits_.max_rings;
    if (lane == nullptr && !new_ring) {
      if (without_ring == WithoutRing::kRefuse) return nullptr;
      lane = free_lane(false);
    }
    if (lane == nullptr) {
      if (new_ring) ++rings_;
      lock.unlock();
      std::unique_ptr<Lane> made = make_lane(new_ring);
      lane = made.get();
      lock.lock();
      lanes_.push_back(std::move(made));
      lane_count_.store(lanes_.size(),
                        std::memory_order_release);  // the collector then takes the list under the mutex
    }
    add_thread(*lane, thread_name);
    lane->run.store(run_, std::memory_order_relaxed);                // L7, released by the next line
    lane->recording.store(recording_, std::memory_order_release);    // L7 -> L8
    lane->state.store(LaneState::kLive, std::memory_order_release);  // the collector's acquire sees `thread`
    return lane;
  } catch (...) {
    refused_leases_.fetch_add(1, std::memory_order_relaxed);  // statistic
    return nullptr;
  }
}

void Registry::release(Lane& lane) noexcept {
  const std::lock_guard lock(lanes_mutex_);
  lane.recording.store(false, std::memory_order_release);  // L7 -> L8; only this thread read it
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

void Registry::set_recording(bool on, std::uint32_t run) {
  const std::lock_guard lock(lanes_mutex_);
  recording_ = on;
  run_ = run;
  for (const auto& lane : lanes_) {
    if (lane->state.load(std::memory_order_relaxed) != LaneState::kLive) continue;  // leases are under the same mutex
    lane->run.store(run, std::memory_order_relaxed);                                // L7, released by the next line
    lane->recording.store(on, std::memory_order_release);                           // L7 -> L8
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
    if (lane->state.load(std::memory_order_relaxed) == LaneState::kFree) continue;  // state changes under this mutex
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
