#include "record/forks.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "record/registry.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::chrono::milliseconds kPatience{1};  // for locks, before a fork; they are held for microseconds
// For another thread's fork, which takes milliseconds per gigabyte. The kernel would make this one wait as well.
constexpr std::chrono::milliseconds kPatienceWithFork{100};

}  // namespace

// Never destroyed: a fork may come at any moment, also while the process ends.
struct Forks::Cell {
  std::atomic<Registry*> registry{nullptr};
  std::atomic<bool> taken{true};
  std::atomic<bool> pinned{false};  // a fork is using the registry: it stays until it is not
  Registry* locked = nullptr;       // the forking thread's: what it locked
  Cell* older = nullptr;
};

struct Forks::Watch {
  // These are of no heap: a plugin with ringtail in it, and no more sessions at once, leaves nothing when
  // it is unloaded.
  static std::array<Cell, 16> first_cells;
  static std::atomic<std::size_t> made;
  static std::atomic<Cell*> newest;
  static std::atomic<bool> forking;         // some thread is, with the locks; another one waits, or forks without
  static thread_local Cell* first_of_fork;  // this thread is: the cells from here on

  static void before() noexcept {
    const auto no_fork_by = std::chrono::steady_clock::now() + kPatienceWithFork;
    while (forking.exchange(true, std::memory_order_acquire)) {  // the last fork's writes to `locked`
      if (std::chrono::steady_clock::now() >= no_fork_by) return;
      std::this_thread::yield();
    }
    first_of_fork = newest.load(std::memory_order_acquire);                         // K2 <- K1
    if (first_of_fork == nullptr) forking.store(false, std::memory_order_relaxed);  // nothing was locked
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    for (Cell* cell = first_of_fork; cell != nullptr; cell = cell->older) {
      // Sequentially consistent, as in ~Forks: either this sees that the registry goes, or that waits for this.
      cell->pinned.store(true, std::memory_order_seq_cst);
      Registry* const registry = cell->registry.load(std::memory_order_seq_cst);
      cell->locked = registry != nullptr && registry->lock_for_fork(give_up) ? registry : nullptr;
    }
  }

  static void unlock() noexcept {
    for (Cell* cell = first_of_fork; cell != nullptr; cell = cell->older) {
      if (cell->locked != nullptr) cell->locked->unlock_after_fork();
      cell->locked = nullptr;
      cell->pinned.store(false, std::memory_order_release);  // to ~Forks: done with the registry
    }
    if (first_of_fork == nullptr) return;
    first_of_fork = nullptr;
    forking.store(false, std::memory_order_release);  // to the next fork
  }

  static void in_child() noexcept {
    unlock();
    forking.store(false, std::memory_order_relaxed);  // this and below: another thread's fork is not here
    for (Cell* cell = newest.load(std::memory_order_acquire); cell != nullptr; cell = cell->older) {  // K2 <- K1
      cell->pinned.store(false, std::memory_order_relaxed);
      if (Registry* registry = cell->registry.load(std::memory_order_acquire)) registry->abandon();  // K2 <- K1
    }
  }

  // A cell that nobody has any more, or a new one.
  static Cell& take() {
    static const int watching = pthread_atfork(&before, &unlock, &in_child);
    static_cast<void>(watching);  // without memory for it a child is as one that was not told: it records for nobody
    for (Cell* cell = newest.load(std::memory_order_acquire); cell != nullptr; cell = cell->older) {  // K2 <- K1
      bool expected = false;
      // Acquire: its last owner is done with it.
      if (cell->taken.compare_exchange_strong(expected, true, std::memory_order_acquire)) return *cell;
    }
    const std::size_t number = made.fetch_add(1, std::memory_order_relaxed);  // each is given once
    Cell* const cell = number < first_cells.size() ? &first_cells[number] : new Cell;
    cell->older = newest.load(std::memory_order_relaxed);  // the exchange below looks again
    while (!newest.compare_exchange_weak(cell->older, cell, std::memory_order_acq_rel)) {  // K1 -> K2
    }
    return *cell;
  }
};

constinit std::array<Forks::Cell, 16> Forks::Watch::first_cells{};
std::atomic<std::size_t> Forks::Watch::made{0};
std::atomic<Forks::Cell*> Forks::Watch::newest{nullptr};
std::atomic<bool> Forks::Watch::forking{false};
constinit thread_local Forks::Cell* Forks::Watch::first_of_fork = nullptr;

Forks::Forks(Registry& registry) : cell_(Watch::take()) {
  cell_.registry.store(&registry, std::memory_order_release);  // K1 -> K2
}

Forks::~Forks() {
  // Nothing of the registry goes before this, so a fork has all of it or does not see it.
  cell_.registry.exchange(nullptr, std::memory_order_seq_cst);
  wait();
  cell_.taken.store(false, std::memory_order_release);  // to the next owner
}

void Forks::wait() const noexcept {
  while (cell_.pinned.load(std::memory_order_seq_cst)) std::this_thread::yield();  // a fork is using the registry
}

}  // namespace ringtail::inline v1
