// tests/model/execution.h
//
// The inside of the explorer: one execution of a program at a time, and the choices that lead to the next one.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/model/explorer.h"

namespace ringtail::model {

// What a thread knows, or what a store carries: of every location the oldest store still to be read, of every thread
// how much of it came before.
struct Knowledge {
  std::array<std::uint32_t, kMostThreads> clock;
  std::array<std::uint16_t, kMostLocations> oldest;
  std::size_t locations;

  void clear() {
    clock.fill(0);
    oldest.fill(0);
    locations = kMostLocations;
  }
  // Of as many locations as there are by now.
  void copy(const Knowledge& from, std::size_t count) {
    clock = from.clock;
    std::copy_n(from.oldest.begin(), count, oldest.begin());
    locations = count;
  }
  void join(const Knowledge& other) {
    for (std::size_t i = 0; i < clock.size(); ++i) clock[i] = std::max(clock[i], other.clock[i]);
    for (std::size_t i = 0; i < other.locations; ++i) oldest[i] = std::max(oldest[i], other.oldest[i]);
  }
};

struct Store {
  std::uint64_t value;
  bool carries;  // else `knowledge` means nothing
  Knowledge knowledge;
};

struct Unwind {};  // ends a thread after a counterexample

inline constexpr std::size_t kMostWatched = 4'096;
inline constexpr std::size_t kMostMutexes = 8;
inline constexpr std::size_t kStackBytes = std::size_t{256} << 10U;

struct Fibre {
  enum class State : std::uint8_t { kReady, kLocking, kYielding, kJoining, kEnded };
  ucontext_t context{};
  std::unique_ptr<char[]> stack = std::make_unique<char[]>(kStackBytes);
  std::function<void()> body;
  Knowledge knowledge;
  State state{};
  std::uint32_t mutex = 0;              // kLocking: which
  std::bitset<kMostWatched> looked_at;  // locations, and behind them mutexes, since its last look began
  bool news = false;                    // another thread has changed one of them since
  std::uint32_t fresh_at = 0;           // all stores when it was last shown the newest
  bool behind = false;                  // its last load that had a choice gave an old store
  bool moved = false;                   // did something since it came on
};

struct Choice {
  std::uint16_t taken;
  std::uint16_t ways;
};

class Execution {
 public:
  Execution(const Options& options, const std::function<void()>& program) : options_(options), program_(program) {}

  Result explore();

  void spawn(std::function<void()> body);
  void join();
  void require(bool holds, const char* what);
  void yield();
  unsigned pick(std::size_t ways);

  std::uint64_t load(const Word& word, std::memory_order order, const std::source_location& where);
  void store(Word& word, std::uint64_t value, std::memory_order order, const std::source_location& where);
  std::uint64_t change(Word& word, const std::function<std::uint64_t(std::uint64_t)>& with, std::memory_order order,
                       const std::source_location& where);
  void make(Word& word);
  std::uint32_t make_mutex();
  void lock(std::uint32_t mutex);
  void unlock(std::uint32_t mutex);

  void came_before(std::size_t thread, std::uint32_t time, const char* what);
  [[nodiscard]] std::size_t thread() const { return current_; }
  std::uint32_t tick() { return ++me().knowledge.clock[current_]; }

 private:
  static Execution* running_;

  friend Execution& execution();
  static void enter();
  void run();
  void fail(const std::string& what);
  void point();
  void leave();
  void switch_to(std::size_t next);
  [[nodiscard]] bool can_go_on(const Fibre& fibre) const;
  void tell(std::size_t watched);
  void use(const Word& word, bool writes);
  void learn(const Word& word, bool writes);
  [[nodiscard]] std::size_t choose_store(std::size_t stores);
  std::vector<Store>& history(Word& word);
  void push(Word& word, std::uint64_t value, bool carries, const Store* goes_on);
  std::memory_order note(const std::source_location& where, Access access, std::memory_order order);
  [[nodiscard]] bool mutated(Mutation::Change change, const std::source_location& where, Access access) const;
  void log(const std::string& line);
  void log(const Word& word, std::uint64_t value, Access access, std::memory_order order,
           const std::source_location& where, std::size_t newer);
  Fibre& me() { return fibres_[current_]; }

  struct Lock {
    std::size_t holder = kMostThreads;  // nobody
    bool carries = false;
    Knowledge knowledge;
  };

  const Options& options_;
  const std::function<void()>& program_;
  std::vector<Choice> choices_;
  // By number of the location: the threads that use it while others do, if any of them writes it, and
  // those that write.
  struct Learned {
    std::uint8_t users = 0;
    std::uint8_t writers = 0;
  };
  std::vector<Learned> learned_;
  std::array<const char*, 4'096> reached_{};  // by line and column: the file that was there last
  std::vector<Site> sites_;
  bool tracing_ = false;
  std::string trace_;

  // Of one execution.
  std::array<Fibre, kMostThreads> fibres_;
  std::size_t threads_ = 1;
  std::size_t current_ = 0;
  ucontext_t outside_{};
  bool together_ = false;  // within join()
  std::size_t chosen_ = 0;
  unsigned preemptions_ = 0;
  unsigned delays_ = 0;
  std::uint32_t steps_ = 0;
  std::uint32_t stores_ = 0;
  std::uint32_t made_ = 0;  // locations
  std::array<std::vector<Store>, kMostLocations> histories_;
  std::size_t histories_used_ = 0;
  std::vector<Lock> locks_;
  std::string failure_;
  bool begin_again_ = false;
};

// The one under way. Throws std::logic_error outside explore().
Execution& execution();

}  // namespace ringtail::model
