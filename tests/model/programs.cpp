// The programs of the models: small threads that do what threads and the collector do, and what must hold.
#include <array>
#include <optional>
#include <vector>

#include "record/freezing.h"
#include "tests/model/parts.h"

namespace ringtail::model {
namespace {

constexpr std::uint16_t kRun = 1;

void ring_wraps(Mistake) {
  constexpr std::size_t kCapacity = 2;
  constexpr int kValues = 5;
  Ring<int> ring(kCapacity);
  int pushed = 0;
  int taken = 0;
  spawn([&] {
    while (pushed < kValues) {
      if (!ring.push(pushed + 1)) {
        yield();
        continue;
      }
      ++pushed;
      require(pushed - taken <= static_cast<int>(kCapacity), "no more than there is room for");
    }
  });
  spawn([&] {
    while (taken < kValues) {
      const std::size_t moved =
          ring.consume_all([&](int value) { require(value == ++taken, "in order, each once"); });
      if (moved == 0) yield();
    }
  });
  join();
}

// Two leases of lanes of a pool, the first of which is there when the program begins, by two threads or by one after
// the other; the collector visits lanes until both were settled.
enum class Owners : std::uint8_t { kOneThread, kTwoThreads };
void come_and_go(Mistake mistake, std::size_t max_rings, Owners owners,
                 const std::array<std::vector<Length>, 2>& spans) {
  Pool pool(max_rings);
  pool.set_collecting(true);
  Mutex mutex;
  std::uint64_t accounted = 0;
  constexpr unsigned kMost = 4;  // spans of a thread
  const auto lease = [&](unsigned owner) {
    std::unique_lock lock(mutex);
    Lane* lane = nullptr;
    while ((lane = pool.find(lock, false, [](bool, const auto& add) { add(make_lane(1)); })) == nullptr) {
      lock.unlock();
      yield();
      lock.lock();
    }
    lane->switch_word.store(switched(true, kRun), std::memory_order_relaxed);
    lane->go_live(ThreadId{owner});
    return lane;
  };
  const auto work = [&](Lane& lane, unsigned owner) {
    lane.step = owner;
    for (unsigned i = 0; i < spans[owner].size(); ++i) span(lane, owner * kMost + i, spans[owner][i]);
    const std::lock_guard lock(mutex);
    pool.give_back(lane);
  };
  Lane* const first = lease(0);
  spawn([&] {
    work(*first, 0);
    if (owners == Owners::kOneThread) work(*lease(1), 1);
  });
  if (owners == Owners::kTwoThreads) spawn([&] { work(*lease(1), 1); });
  spawn([&] {
    std::vector<Lane*> lanes;
    std::array<Book, 2> books{Book(mistake), Book(mistake)};
    for (unsigned settled = 0; settled < 2;) {
      if (pool.count() != lanes.size()) {
        const std::lock_guard lock(mutex);
        lanes.clear();
        for (const auto& lane : pool.all()) lanes.push_back(lane.get());
      }
      const unsigned before = settled;
      for (std::size_t i = 0; i < lanes.size(); ++i) {
        Book& book = books[i];
        const auto all_of_owner = [&] {
          const auto owner = index_of(book.account.thread);
          if (book.account.thread == kNoThread) return std::uint64_t{0};
          return ((std::uint64_t{1} << spans[owner].size()) - 1) << owner * kMost;
        };
        book.visit(*lanes[i], kRun, [&] {
          const Cut cut = book.cut(*lanes[i], kRun);
          require(book.adds_up(cut), "a retired lane adds up at the first look");
          require((book.drained | folded_spans(cut)) == all_of_owner(), "it has all that its thread attempted");
          require((accounted & all_of_owner()) == 0, "no span counts twice");
          accounted |= all_of_owner();
          ++settled;
        });
        require((book.drained & ~all_of_owner()) == 0, "records are of the thread that has the lane");
      }
      if (settled == before) yield();
    }
  });
  join();
  require(accounted != 0, "every span is accounted for");
}

void lane_is_used_again(Mistake mistake) {
  come_and_go(mistake, 1, Owners::kOneThread, {{{Length::kLong}, {Length::kLong}}});
}
void lane_with_totals_is_used_again(Mistake mistake) {
  come_and_go(mistake, 1, Owners::kOneThread, {{{Length::kTooShort}, {Length::kLong}}});
}
void lane_changes_hands(Mistake mistake) {
  come_and_go(mistake, 1, Owners::kTwoThreads, {{{Length::kLong}, {Length::kLong}}});
}
void lanes_are_made_while_the_collector_walks(Mistake mistake) {
  come_and_go(mistake, 2, Owners::kTwoThreads, {{{Length::kLong}, {Length::kLong}}});
}

// Spans of even numbers are of one op, those of odd numbers of another.
void fold(Folds& folds, unsigned id, std::uint16_t run) {
  const std::uint64_t what = op_device(OpId{1 + id % 2}, DeviceId{id % 2});
  folds.fold(10 + id, 20 + 2 * id, std::uint64_t{1} << id, what, 0, Folds::Why::kNoRoom, run);
}

// What the spans of a read are; their other totals must be those of these spans.
std::uint64_t checked_spans(const std::optional<std::vector<Folds::Total>>& totals) {
  std::uint64_t spans = 0;
  if (!totals) return spans;
  for (const Folds::Total& total : *totals) {
    require(total.bytes != 0 && total.bytes < 8, "its spans are some of those that were folded");
    if (total.bytes == 0 || total.bytes >= 8) continue;
    require(static_cast<std::uint64_t>(std::popcount(total.bytes)) == total.count, "as many as were folded");
    const auto first = static_cast<unsigned>(std::countr_zero(total.bytes));
    const auto last = static_cast<unsigned>(std::bit_width(total.bytes)) - 1;
    require(total.op == OpId{1 + first % 2} && total.device == DeviceId{first % 2} && !total.filtered && !total.other,
            "they are of the op and device");
    std::uint64_t duration = 0;
    for (unsigned id = first; id <= last; ++id) duration += (total.bytes >> id & 1U) * (10 + id);
    require(total.duration == duration && total.longest == 10 + last, "durations are of the spans");
    require(total.first == 10 + first && total.last == 20 + 2 * last, "times are of the spans");
    spans |= total.bytes;
  }
  return spans;
}

void folds_are_read_whole(Mistake) {
  Folds folds(8);
  spawn([&] {
    fold(folds, 0, kRun);
    fold(folds, 1, kRun);
    fold(folds, 2, kRun);
  });
  spawn([&] {
    std::uint64_t before = 0;
    for (int i = 0; i < 2; ++i) {
      const auto totals = folds.read(kRun);
      if (!totals) continue;
      const std::uint64_t spans = checked_spans(totals);
      require(is_prefix(spans), "no fold before one that is left out");
      require(spans >= before, "totals only grow");
      before = spans;
    }
  });
  join();
  require(checked_spans(folds.read(kRun)) == 7, "in the end all are there");
}

void folds_of_the_last_run_are_forgotten(Mistake) {
  Folds folds(8);
  spawn([&] {
    fold(folds, 0, kRun);
    fold(folds, 2, kRun + 1);
  });
  spawn([&] {
    if (const auto totals = folds.read(kRun)) {
      require((checked_spans(totals) & ~std::uint64_t{1}) == 0, "only that of the first run");
    }
    if (const auto totals = folds.read(kRun + 1)) {
      require((checked_spans(totals) & ~std::uint64_t{4}) == 0, "only that of the second run");
    }
  });
  join();
  require(checked_spans(folds.read(kRun + 1)) == 4, "in the end that of the second run");
}

// A lane given back while the session stops is free in the end and empty for its next owner, whoever freed it.
void lane_is_given_back_at_a_stop(Mistake) {
  Pool pool(1);
  pool.set_collecting(true);
  Mutex mutex;
  const auto lease = [&](std::unique_lock<Mutex>& lock) {
    Lane* const lane = pool.find(lock, false, [](bool, const auto& add) { add(make_lane(1)); });
    if (lane == nullptr) return lane;
    require(lane->attempted.load(std::memory_order_relaxed) == 0, "a free lane is empty");
    lane->switch_word.store(switched(true, kRun), std::memory_order_relaxed);
    lane->go_live(ThreadId{0});
    return lane;
  };
  for (unsigned owner = 0; owner < 2; ++owner) {
    spawn([&] {
      std::unique_lock lock(mutex);
      Lane* const lane = lease(lock);
      if (lane == nullptr) return;
      lock.unlock();
      require(lane->step == 0, "no step of another thread");
      lane->step = 1;
      span(*lane, 0, Length::kTooShort);
      lock.lock();
      pool.give_back(*lane);
    });
  }
  spawn([&] {
    const std::lock_guard lock(mutex);
    pool.set_collecting(false);
  });
  join();
  for (const auto& lane : pool.all()) {
    require(lane->look() == LaneState::kFree, "every lane is free");
    require(checked_spans(lane->folds.read(kRun)) == 0, "a free lane has no totals");
    require(lane->ring.consume_all([](const RingSlot&) {}) == 0, "a free lane has no records");
  }
}

// Spans in a row, their lengths one of all patterns; `runs` takes the run of each, 0 where it was not recorded.
template <std::size_t kSpans>
void record(Lane& lane, unsigned pattern, std::array<std::uint16_t, kSpans>& runs) {
  const auto attempted = [&] { return lane.attempted.load(std::memory_order_relaxed); };  // own counter
  for (unsigned i = 0; i < kSpans; ++i) {
    const std::uint64_t before = attempted();
    span(lane, i, (pattern >> i & 1U) != 0 ? Length::kTooShort : Length::kLong);
    runs[i] = attempted() == before ? std::uint16_t{0} : InRun::run_of(attempted());
  }
}

template <std::size_t kSpans>
std::uint64_t spans_of(const std::array<std::uint16_t, kSpans>& runs, std::uint16_t run) {
  std::uint64_t spans = 0;
  for (std::size_t i = 0; i < kSpans; ++i) spans |= runs[i] == run ? std::uint64_t{1} << i : 0;
  return spans;
}

void stop_cuts_a_lane_that_goes_on(Mistake mistake) {
  const unsigned pattern = choose(4);
  const auto lane = make_lane(2);
  lane->switch_word.store(switched(true, kRun), std::memory_order_relaxed);
  lane->go_live(ThreadId{0});
  std::array<std::uint16_t, 2> runs{};
  spawn([&] { record(*lane, pattern, runs); });
  spawn([&] {
    lane->switch_word.store(switched(false, kRun), std::memory_order_relaxed);
    Book book(mistake);
    book.account.open(*lane, kRun);
    while (true) {
      const Cut cut = book.cut(*lane, kRun);
      if (book.adds_up(cut)) {
        require(is_prefix(book.drained | folded_spans(cut)), "no span before one that is left out");
        require((book.drained & folded_spans(cut)) == 0, "no span counts twice");
        return;
      }
      yield();
    }
  });
  join();
}

void snapshot_cuts_a_lane_that_goes_on(Mistake mistake) {
  const unsigned pattern = choose(4);
  const auto lane = make_lane(1);
  lane->switch_word.store(switched(true, kRun), std::memory_order_relaxed);
  lane->go_live(ThreadId{0});
  std::array<std::uint16_t, 2> runs{};
  Book book(mistake);
  spawn([&] { record(*lane, pattern, runs); });
  spawn([&] {
    book.account.open(*lane, kRun);
    std::uint64_t before = 0;
    for (int i = 0; i < 2; ++i) {
      const Cut cut = book.cut(*lane, kRun);
      if (!cut.holds()) continue;
      const std::uint64_t spans = book.drained | folded_spans(cut);
      require(is_prefix(spans), "no span before one that is left out");
      require(spans >= before, "a later snapshot has what an earlier one had");
      before = spans;
    }
  });
  join();
  const Cut cut = book.cut(*lane, kRun);
  require(cut.holds() && (book.drained | folded_spans(cut)) == 3, "in the end all are there");
}

// A thread that is interrupted in a call while its session is stopped and started again.
void run_changes_under_a_thread(Mistake mistake) {
  const unsigned pattern = choose(4);
  const auto lane = make_lane(3);
  lane->switch_word.store(switched(true, kRun), std::memory_order_relaxed);
  lane->go_live(ThreadId{0});
  std::array<std::uint16_t, 2> runs{};
  std::array<std::uint64_t, 2> seen{};
  Book book(mistake);
  spawn([&] { record(*lane, pattern, runs); });
  spawn([&] {
    lane->switch_word.store(switched(false, kRun), std::memory_order_relaxed);
    book.account.open(*lane, kRun);
    const Cut first = book.cut(*lane, kRun);  // whether it adds up or not: the thread may not resume in time
    seen[0] = book.drained | folded_spans(first);
    lane->switch_word.store(switched(true, kRun + 1), std::memory_order_relaxed);
    book.account = {};
    book.drained = 0;
    book.account.open(*lane, kRun + 1);
    const Cut second = book.cut(*lane, kRun + 1);
    seen[1] = book.drained | folded_spans(second);
  });
  join();
  require((seen[0] & ~spans_of(runs, kRun)) == 0, "the first run has only its own spans");
  require((seen[1] & ~spans_of(runs, kRun + 1)) == 0, "the second run has only its own spans");
  const Cut last = book.cut(*lane, kRun + 1);
  require(last.holds() && last.attempted == book.account.drained + last.folded, "the second run adds up");
  require((book.drained | folded_spans(last)) == spans_of(runs, kRun + 1), "the second run has all its spans");
}

void open_spans_are_whole(Mistake) {
  const auto lane = make_lane(1);
  const auto begin = [&](unsigned number) { return lane->begin_span(OpId{number}, DeviceId{number}, Ticks{number}); };
  spawn([&] {
    const std::uint32_t outer = begin(1);
    const std::uint32_t inner = begin(2);
    lane->end_span(inner);
    lane->end_span(outer);
  });
  spawn([&] {
    for (int look = 0; look < 2; ++look) {
      const std::uint32_t depth = lane->open_depth.load(std::memory_order_acquire);  // L6 <- L5
      for (std::uint32_t i = 0; i < depth; ++i) {
        require(lane->open[i].what.load(std::memory_order_relaxed) == (std::uint64_t{i + 1} << 32U | (i + 1)) &&
                    lane->open[i].begin.load(std::memory_order_relaxed) == i + 1,
                "an entry below the depth is whole");
      }
    }
  });
  join();
}

// What a forked child does, at any moment of its parent.
void lanes_are_found_without_the_mutex(Mistake) {
  Pool pool(3);
  Mutex mutex;
  for (unsigned owner = 0; owner < 2; ++owner) {
    spawn([&, owner] {
      std::unique_lock lock(mutex);
      Lane* const lane = pool.find(lock, false, [](bool, const auto& add) { add(make_lane(1)); });
      lane->go_live(ThreadId{owner});
    });
  }
  spawn([&] {
    unsigned found = 0;
    pool.for_each_unlocked([&](Lane& lane) {
      ++found;
      require(lane.ring_entries == 1, "a lane that is found is whole");
      lane.switch_word.store(0, std::memory_order_relaxed);
    });
    require(found <= 2, "each once");
  });
  join();
  unsigned made = 0;
  pool.for_each_unlocked([&](Lane&) { ++made; });
  require(made == pool.count() && made > 0, "in the end all are found");
}

void full_table_is_read_without_its_mutex(Mistake) {
  constexpr std::size_t kRoom = 1;
  Mutex mutex;
  Freezing<Atomics> freezing;
  Plain<std::size_t> size{0};
  std::array<Plain<int>, kRoom> table;
  const auto find = [&](int word) -> std::optional<int> {
    for (std::size_t i = 0; i < size; ++i) {
      if (table[i] == word) return word;
    }
    return std::nullopt;
  };
  const auto intern = [&](int word) {
    const auto found = freezing.find_or_add([&] { return std::unique_lock(mutex); }, [&] { return find(word); },
                                            [&]() -> std::optional<int> {
                                              if (size == kRoom) return std::nullopt;
                                              table[size] = word;
                                              size = size + 1;
                                              return word;
                                            });
    require(!found || *found == word, "the word that was asked for");
    return found.has_value();
  };
  std::array<bool, 3> known{};
  for (unsigned t = 0; t < known.size(); ++t) {
    spawn([&, t] {
      const int own = static_cast<int>(t) + 1;
      known[t] = intern(own);
      if (t == 0)
        require(intern(own) == known[t], "a word that was found is found again, one that had no room never");
    });
  }
  join();
  require(known[0] + known[1] + known[2] == 1, "one had room");
}

}  // namespace

const std::vector<Program> kPrograms = {
    {"ring_wraps", ring_wraps},
    {"lane_is_used_again", lane_is_used_again},
    {"lane_with_totals_is_used_again", lane_with_totals_is_used_again},
    {"lane_changes_hands", lane_changes_hands, 2},
    {"lanes_are_made_while_the_collector_walks", lanes_are_made_while_the_collector_walks, 1},
    {"lanes_are_found_without_the_mutex", lanes_are_found_without_the_mutex},
    {"lane_is_given_back_at_a_stop", lane_is_given_back_at_a_stop},
    {"folds_are_read_whole", folds_are_read_whole},
    {"folds_of_the_last_run_are_forgotten", folds_of_the_last_run_are_forgotten},
    {"stop_cuts_a_lane_that_goes_on", stop_cuts_a_lane_that_goes_on},
    {"snapshot_cuts_a_lane_that_goes_on", snapshot_cuts_a_lane_that_goes_on},
    {"run_changes_under_a_thread", run_changes_under_a_thread},
    {"open_spans_are_whole", open_spans_are_whole},
    {"full_table_is_read_without_its_mutex", full_table_is_read_without_its_mutex},
};

}  // namespace ringtail::model
