// tests/model/explorer.h
//
// Runs a small program of several threads in every way that C++ allows, so that what holds is known and
// not hoped for.
//
//     const Result result = explore({.preemptions = 3}, [] {
//       Atomic<int> flag{0};
//       Plain<int> data{0};
//       spawn([&] { data = 1; flag.store(1, std::memory_order_release); });
//       spawn([&] { if (flag.load(std::memory_order_acquire) == 1) require(data == 1, "the data is whole"); });
//       join();
//     });
//     EXPECT_EQ(result.verdict, Verdict::kHolds) << result.failure << result.trace;
//
// Method   Threads are fibres. Every access to an atomic may be preceded by a switch to another thread, and a load
//          may give any store that the thread is not yet bound to have seen; a depth-first search goes through all of
//          these choices by running the program again and again. Each thread knows, of every location, the oldest
//          store that it may still read, and of every thread, how much of it came before; a release store carries
//          that knowledge, an acquire load of it takes it over. Read-modify-writes read the last store and go on with
//          its release sequence (C++20: a plain store ends one). Accesses to plain data that neither came before the
//          other are data races, whatever their order in this run.
// Bounds   Executions with up to `preemptions` switches away from a thread that could go on. Threads that end, wait
//          for a mutex or yield() cost none. Nearly all known bugs need two (Musuvathi and Qadeer 2007).
//          And with up to `delays` delays: stretches of a thread's loads that give another than the newest store;
//          loads without a choice end none.
// Smaller  Before a load of what no other thread writes, and a store to what no other thread uses, a switch makes no
//          difference. Which ones these are is learned: when another thread comes, the search begins again.
// Limits   Modification orders only grow at their end: no 2+2W with crossed orders. Loads read what was stored
//          before in the execution: no load buffering. seq_cst is treated as acq_rel, so more is found than is
//          allowed. No fences, no compare-exchange. No location is destroyed and made again at the same place.
//          kMostThreads threads, kMostLocations written locations. A loop must end by itself or call yield().
// Errors   A program that needs more than most_executions has the verdict kGaveUp: never a silent stop.
// Threads  One exploration at a time, on the thread that calls explore().
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <vector>

namespace ringtail::model {

inline constexpr std::size_t kMostThreads = 6;  // the one that spawns and joins is one of them
inline constexpr std::size_t kMostLocations = 192;

enum class Access : std::uint8_t { kLoad, kStore, kReadModifyWrite };

// A place in the source from which an atomic is accessed.
struct Site {
  std::string file;      // without its folder
  std::string function;  // without its class and arguments
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  Access access{};
  std::memory_order order{};
  friend bool operator==(const Site&, const Site&) = default;
};
[[nodiscard]] std::string to_string(const Site& site);

// A bug that is put in: what one site does wrong.
struct Mutation {
  enum class Change : std::uint8_t {
    kRelaxed,   // the access has no order
    kDropped,   // the store is not made
    kRepeated,  // the load gives what its thread saw there last
  };
  Change change{};
  Site site;
};

struct Options {
  unsigned preemptions = 3;
  unsigned delays = ~0U;  // all
  std::uint64_t most_executions = 50'000'000;
  std::uint32_t most_steps = 20'000;  // of one execution
  std::optional<Mutation> mutation{};
};

enum class Verdict : std::uint8_t { kHolds, kCounterexample, kGaveUp };

struct Result {
  Verdict verdict{};
  std::uint64_t executions = 0;  // of the last search, when it began again
  std::string failure;           // what did not hold, for a counterexample
  std::string trace;             // its steps, one per line
  std::vector<Site> sites;       // that were reached, by file, line and column
};

// Runs `program` in all ways, or up to the first in which a requirement fails, plain data is raced for, or no thread
// can go on. The program's first part sets up, join() runs what was spawned, what follows checks.
[[nodiscard]] Result explore(const Options& options, const std::function<void()>& program);

// --- within a program ---

void spawn(std::function<void()> body);  // begins at join()
void join();                             // returns when all threads have ended
void require(bool holds, const char* what);
[[nodiscard]] unsigned choose(unsigned ways);  // all of 0 .. ways - 1
// Before another look in a loop that changes nothing: comes back when another thread has changed something that was
// looked at, or when none other can go on; then what was stored is seen.
void yield();

// What Atomic is built of. A value is 64 bits.
class Word {
 protected:
  explicit Word(std::uint64_t initial);
  [[nodiscard]] std::uint64_t load(std::memory_order order, const std::source_location& where) const;
  void store(std::uint64_t value, std::memory_order order, const std::source_location& where);
  std::uint64_t change(const std::function<std::uint64_t(std::uint64_t)>& with, std::memory_order order,
                       const std::source_location& where);  // returns the value before

 private:
  friend class Execution;
  std::uint64_t initial_;
  std::uint32_t number_;  // of the location within the execution, in the order of their making
  std::uint32_t made_at_;
  std::uint8_t made_by_;
  mutable std::uint8_t users_ = 0;    // a bit per thread that used it beside others
  mutable std::uint8_t writers_ = 0;  // of these, who wrote it
  std::int16_t history_ = -1;         // of its stores; none before the first
};

template <class T>
class Atomic : private Word {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));

 public:
  Atomic() : Atomic(T{}) {}
  Atomic(T initial) : Word(bits(initial)) {}  // NOLINT: as std::atomic

  T load(std::memory_order order, std::source_location where = std::source_location::current()) const {
    return value(Word::load(order, where));
  }
  void store(T desired, std::memory_order order, std::source_location where = std::source_location::current()) {
    Word::store(bits(desired), order, where);
  }
  T exchange(T desired, std::memory_order order, std::source_location where = std::source_location::current()) {
    return value(change([desired](std::uint64_t) { return bits(desired); }, order, where));
  }
  T fetch_add(T by, std::memory_order order, std::source_location where = std::source_location::current()) {
    return value(
        change([by](std::uint64_t before) { return bits(static_cast<T>(value(before) + by)); }, order, where));
  }

 private:
  static std::uint64_t bits(T from) {
    std::uint64_t word = 0;
    std::memcpy(&word, &from, sizeof(T));
    return word;
  }
  static T value(std::uint64_t word) {
    T to;
    std::memcpy(&to, &word, sizeof(T));
    return to;
  }
};

// Who used plain data last.
class Uses {
 public:
  void read() const;
  void write();

 protected:
  Uses();

 private:
  std::uint8_t writer_;
  std::uint32_t written_at_;
  mutable std::array<std::uint32_t, kMostThreads> read_at_{};
};

// Data that is no atomic: whoever uses it must come before or after all who change it.
template <class T>
class Plain : private Uses {
 public:
  Plain() = default;
  Plain(T initial) : value_(initial) {}  // NOLINT: as T itself
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  operator T() const { return get(); }  // NOLINT: as T itself
  Plain& operator=(T value) {
    write();
    value_ = value;
    return *this;
  }
  [[nodiscard]] const T& get() const {
    read();
    return value_;
  }

 private:
  T value_{};
};

class Mutex {
 public:
  Mutex();
  void lock();
  void unlock();

 private:
  friend class Execution;
  std::uint32_t number_;
};

}  // namespace ringtail::model
