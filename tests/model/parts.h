// tests/model/parts.h
//
// The library's own classes on the explorer's atomics, and what programs of the models do with them.
//
// Every span is a bit: its bytes are 1 << id, so a record says which one it is, and the bytes that a fold table adds
// up say which ones they are.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "collect/lane_account.h"
#include "record/basic_lane.h"
#include "record/lane_pool.h"
#include "tests/model/explorer.h"

namespace ringtail::model {

struct Atomics {
  template <class T>
  using Atomic = model::Atomic<T>;
  template <class T>
  using Plain = model::Plain<T>;
  static constexpr int kReadTries = 1;
};

// boost::lockfree::spsc_queue has atomics of its own. This one has its shape, its names and its orders.
//   Q1 -> Q2   producer releases `write_`, consumer acquires it: a slot is whole before it is counted.
//   Q3 -> Q4   consumer releases `read_`, producer acquires it: a slot is read before it is overwritten.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity) : size_(capacity + 1), slots_(std::make_unique<Plain<T>[]>(size_)) {}

  bool push(const T& value) {
    const std::size_t write = write_.load(std::memory_order_relaxed);  // own index
    const std::size_t next = (write + 1) % size_;
    if (next == read_.load(std::memory_order_acquire)) return false;  // Q4 <- Q3
    slots_[write] = value;
    write_.store(next, std::memory_order_release);  // Q1 -> Q2
    return true;
  }

  template <class Take>
  std::size_t consume_all(const Take& take) {
    const std::size_t write = write_.load(std::memory_order_acquire);  // Q2 <- Q1
    const std::size_t read = read_.load(std::memory_order_relaxed);    // own index
    if (write == read) return 0;
    std::size_t taken = 0;
    for (std::size_t at = read; at != write; at = (at + 1) % size_, ++taken) take(slots_[at].get());
    read_.store(write, std::memory_order_release);  // Q3 -> Q4
    return taken;
  }

 private:
  const std::size_t size_;
  const std::unique_ptr<Plain<T>[]> slots_;
  Atomic<std::size_t> write_{0};
  Atomic<std::size_t> read_{0};
};

using Folds = BasicFoldTable<Atomics>;
struct Lane : BasicLane<Atomics, Ring<RingSlot>> {
  using BasicLane::BasicLane;
  Plain<Lane*> older{nullptr};
};
using Pool = LanePool<Lane>;
// And the totals that it read.
struct Cut : LaneAccount::Cut {
  std::vector<Folds::Total> totals;
};

[[nodiscard]] std::unique_ptr<Lane> make_lane(std::size_t ring_entries);

inline constexpr std::uint64_t kOn = 0x1;
[[nodiscard]] constexpr std::uint64_t switched(bool on, std::uint16_t run) {
  return Switches::of(on ? kOn : 0, 0, run).word();
}

enum class Length : std::uint8_t { kLong, kTooShort };  // pushed if there is room; folded

// What recording does at the end of a span.
void span(Lane& lane, unsigned id, Length length = Length::kLong);

[[nodiscard]] std::uint64_t folded_spans(const Cut& cut);

// True when the bits are 1, 11, 111 and so on.
[[nodiscard]] constexpr bool is_prefix(std::uint64_t bits) { return (bits & (bits + 1)) == 0; }

// What a collector might do wrong with sound parts.
enum class Mistake : std::uint8_t {
  kNone,
  kDrainsBeforeItReadsTheFolds,
  kIgnoresGaps,
  kDrainsNoMoreAfterTheLook,
  kTakesTheOwnerBeforeTheLook,
  kFreesBeforeTheReset,
  kGoesOnWithTheOldAccount,
};

// The collector's book of a lane: its account, and which spans were drained.
class Book {
 public:
  explicit Book(Mistake mistake) : mistake_(mistake) {}

  LaneAccount account;
  std::uint64_t drained = 0;

  void drain(Lane& lane, std::uint16_t run);
  [[nodiscard]] Cut cut(Lane& lane, std::uint16_t run);
  [[nodiscard]] bool adds_up(const Cut& cut) const;
  void visit(Lane& lane, std::uint16_t run, const std::function<void()>& settle);

 private:
  const Mistake mistake_;
};

// A program of a model: what the explorer runs.
struct Program {
  const char* name;
  void (*run)(Mistake);
  unsigned fewer_under_sanitizer = 0;  // preemptions, where three take minutes there
};
extern const std::vector<Program> kPrograms;
[[nodiscard]] const Program& program(std::string_view name);

// Up to where a model is explored: 3 preemptions and 1 delay; see fewer_under_sanitizer.
[[nodiscard]] Options bounds(const Program& program);

}  // namespace ringtail::model
