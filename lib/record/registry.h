// lib/record/registry.h
//
// What the recording threads of one session share, all of it off the hot path: the tables of names and
// signatures, the lanes, and the list of threads. Owned by the session and by every Recorder, so that a
// recorder may outlive its session.
//
// Errors   Tables are bounded, in number and by the session's memory: past the bound names become "(other)", threads
//          "(more threads)" and signatures kDroppedShapes. Without memory for a ring there is a lane without one; a
//          lane that cannot be allocated makes a recorder that records nothing, and is counted.
// Threads  Any. Two mutexes, never held together: one for the tables, one for the lanes and threads.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/account.h"
#include "record/forks.h"
#include "record/freezing.h"
#include "record/lane_pool.h"
#include "record/memory_bound.h"
#include "ringtail/base/clock.h"
#include "ringtail/record/lane.h"
#include "ringtail/record/shape_view.h"
#include "ringtail/trace/ledger.h"
#include "ringtail/trace/names.h"
#include "ringtail/trace/signatures.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct RegistryLimits {
  std::size_t ring_entries;
  std::size_t max_rings;
  std::size_t fold_cells;
  std::uint32_t max_ops;
  std::uint32_t max_devices;
  std::uint32_t max_signatures;
  std::uint32_t max_threads;
  Nanoseconds longest_wait{0};               // for room in a ring
  std::size_t max_memory = ~std::size_t{0};  // bytes
  std::size_t copies = 1;                    // of the tables, that are held at once
};

inline constexpr std::size_t kBookBytes = 1'024;  // of the collector's book of a lane

// What a lane takes, with the collector's book of it; entries: 0 for one without a ring.
[[nodiscard]] std::size_t lane_bytes(std::size_t ring_entries, std::size_t fold_cells) noexcept;

class Registry {
 public:
  Registry(Clock clock, RegistryLimits limits)
      : clock_(clock), limits_(limits), memory_(limits.max_memory), lanes_(limits.max_rings), forks_(*this) {}

  [[nodiscard]] const RegistryLimits& limits() const noexcept { return limits_; }

  // What all of the session takes memory from, the collector too.
  [[nodiscard]] MemoryBound& memory() noexcept { return memory_; }

  // --- a forked child (see forks.h) ---

  // Takes both mutexes, unless that takes longer; all or nothing.
  [[nodiscard]] bool lock_for_fork(std::chrono::steady_clock::time_point give_up) noexcept;
  void unlock_after_fork() noexcept;
  // Switches every lane off, for good. Locks may be held by threads that are not there; from here on names are looked
  // up only where none is, and everything else of this registry is to be left alone.
  void abandon() noexcept;
  [[nodiscard]] bool abandoned() const noexcept {
    return abandoned_.load(std::memory_order_relaxed);  // written by the child's only thread, before it goes on
  }
  // Takes over the names, signatures, categories and rules of an abandoned registry, so that its ids go on to mean
  // the same. False when another thread was about to change them at the fork: then this one is as it was. Throws
  // std::bad_alloc.
  bool inherit(Registry& abandoned);

  // --- names and shapes ---

  // A table's last name is "(other)", which takes all for which there is no room.
  [[nodiscard]] InternedName intern_op(std::string_view name) noexcept;
  [[nodiscard]] InternedName intern_device(std::string_view name) noexcept;

  struct InternedWords {
    InternedShapes shapes;
    std::span<const std::uint64_t> words;  // the table's own copy; empty when dropped
  };
  [[nodiscard]] InternedWords intern_shapes(std::span<const std::uint64_t> words) noexcept;

  // After this no thread looks for its leases here: the session is gone. Lanes that are still leased stay until they
  // are released, the others go now.
  void close() noexcept;
  [[nodiscard]] bool closed() const noexcept {
    return closed_.load(std::memory_order_relaxed);  // only memory is at stake
  }

  // Adds to the trace's tables what they lack of these. Requires: they were filled by this only.
  void extend(Trace& trace) const;
  // As extend(), for the names of threads of this run.
  void extend_threads(std::vector<TraceThread>& threads) const;

  // --- lanes and threads ---

  // A free lane with a ring, or a new one. When there are max_rings of them, all taken: a lane whose spans are all
  // folded, or null, as the caller says. Null also when there is no memory for it.
  enum class WithoutRing : std::uint8_t { kRefuse, kAccept };
  [[nodiscard]] Lane* lease(std::string_view thread_name, WithoutRing without_ring) noexcept;

  // Gives a lane back. Its records wait for the collector while one is at work, else they are dropped at the
  // next lease.
  void release(Lane& lane) noexcept;

  // Switches every lane there is and will be. `run` tells one start of the session from another.
  void set_recording(bool on, std::uint16_t run);

  // The category of that name; nothing when there is none and no room for one.
  [[nodiscard]] std::optional<Category> intern_category(std::string_view name);
  // Categories that were not recorded whole in this run, as a trace tells of them.
  [[nodiscard]] std::vector<TraceCategory> categories() const;

  // On top of the rules: of the spans that they keep, one in 2^log2 of the governed categories is.
  void set_thinning(unsigned log2);

  // What is recorded of a category, from now on, by every lane there is and will be.
  void set_rule(Category category, const CategoryRule& rule);
  [[nodiscard]] CategoryRule rule(Category category) const;

  // The time and the CPU time that live lanes' threads have had since their lease or the start of the run become part
  // of the list of threads, and those of released lanes while somebody collects. Before a trace is made of it.
  void note_holding();

  // While true, a released lane is retired and left to the collector; else it is free at once, as are those
  // that were retired and that the collector, being gone, will not look at again.
  void set_collecting(bool on);

  // Lanes in the order of their making; they are never destroyed before close().
  [[nodiscard]] std::size_t lane_count() const noexcept { return lanes_.count(); }
  [[nodiscard]] Lane& lane(std::size_t number) const;

  // Of all lanes: what they counted in any run. Requires: recording is off.
  void forget_counts();

  // Forgets threads that hold no lane and numbers the rest anew. Requires: nobody collects.
  void renumber_threads();
  [[nodiscard]] std::size_t thread_count() const;
  [[nodiscard]] std::vector<TraceThread> threads() const;  // without what the collector counts

  // What the collector counts. An account stays where it is until the threads are renumbered.
  // Requires: the collector's mutex is held.
  [[nodiscard]] ThreadAccount& account(ThreadId thread);
  void copy_accounts(std::vector<ThreadAccount>& accounts) const;  // throws std::bad_alloc

  // Recorders that record nothing because there was no memory for a lane, or for the thread to keep it, or because
  // the thread had ended but for a signal handler.
  void count_refused_lease() noexcept { refused_leases_.fetch_add(1, std::memory_order_relaxed); }  // statistic
  [[nodiscard]] std::uint64_t refused_leases() const noexcept {
    return refused_leases_.load(std::memory_order_relaxed);  // statistic
  }

 private:
  [[nodiscard]] std::unique_lock<std::mutex> lock_tables() const;
  [[nodiscard]] ThreadId add_thread(std::string_view name);
  [[nodiscard]] std::size_t thread_bytes(std::string_view name) const noexcept;
  void apply(Lane& lane) const;
  void apply_to_live() const;
  [[nodiscard]] unsigned log2_one_in(const CategoryRule& rule) const;
  void begin_holding(Lane& lane, std::int64_t os_thread) const;
  void note_restrictions();
  void end_holding(Lane& lane);
  void shed();

  const Clock clock_;
  const RegistryLimits limits_;
  MemoryBound memory_;

  struct Tables {
    NameTable ops;
    NameTable devices;
    std::size_t op_bytes = 0;  // of their names
    std::size_t device_bytes = 0;
    SignatureTable signatures;
  };
  mutable std::mutex tables_mutex_;
  Tables tables_;
  Freezing<StdAtomics> signatures_;

  mutable std::mutex lanes_mutex_;
  LanePool<Lane> lanes_;
  bool sheds_lanes_ = false;
  struct ThreadRow {
    TraceThread thread;
    ThreadAccount account;  // the collector's, under its own mutex
  };
  std::deque<ThreadRow> threads_;  // a deque: the collector points at accounts
  bool threads_full_ = false;      // the last row is for all that come
  std::size_t threads_bytes_ = 0;  // taken for them
  std::size_t thread_name_bytes_ = 0;
  bool recording_ = false;
  std::uint16_t run_ = 0;
  std::array<CategoryRule, kMostCategories> rules_;
  unsigned thinning_ = 0;  // log2
  std::array<TraceCategory, kMostCategories>
      tightest_;  // of each category, what it was at its most restricted in this run
  std::vector<std::string> category_names_{"op", "comm", "memory", "host"};
  std::atomic<std::uint64_t> refused_leases_{0};
  std::atomic<bool> closed_{false};
  std::atomic<bool> abandoned_{false};
  const Forks forks_;  // last: told of forks only while everything else is there
};

}  // namespace ringtail::inline v1
