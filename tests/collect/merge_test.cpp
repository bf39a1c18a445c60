// Rows in chunks become the trace that sorting all records by (begin, thread, arrival) gives: what the collector did
// when it kept whole records, here as a slow oracle.
#include "collect/merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "collect/assembly.h"
#include "collect/known_ids.h"

namespace ringtail::inline v1 {
namespace {

struct Drained {
  ThreadId thread;
  Record record;
  std::uint64_t folded_before;
};

// One recording thread of random habits.
class RandomThread {
 public:
  RandomThread(std::mt19937_64& random, ThreadId id) : random_(random), id_(id), habit_(random() % 4) {}

  // Records of about `spans` spans, in the order of their ends.
  void record(std::size_t spans, std::vector<Drained>& into) {
    while (spans_ < spans) {
      if (habit_ == 0) {
        explicit_span(into);  // in no order at all
      } else {
        scope(0, into);
      }
    }
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  void scope(std::uint16_t depth, std::vector<Drained>& into) {
    Record record;
    now_ += below(3);  // often nothing: equal begins
    record.begin = now_;
    const std::uint64_t children = depth < 40 && below(3) == 0 ? below(5) : 0;
    for (std::uint64_t i = 0; i < children; ++i) scope(static_cast<std::uint16_t>(depth + 1), into);
    if (habit_ == 3 && below(8) == 0) explicit_span(into);
    now_ += below(64) == 0 ? std::uint64_t{1} << 33U : below(20);
    record.end = now_;
    record.depth = depth;
    add(record, into);
  }

  void explicit_span(std::vector<Drained>& into) {
    Record record;
    const auto begin = static_cast<std::int64_t>(below(2'000)) - 500;
    const bool in_ns = below(2) == 0;
    record.begin = in_ns ? ordered(begin) : 4'000 + static_cast<std::uint64_t>(begin);
    record.end = record.begin + below(100);
    record.depth = static_cast<std::uint16_t>(below(3));
    record.flags = in_ns ? kTimesAreNanoseconds : 0;
    if (below(50) == 0) {
      record.begin = ordered(INT64_MIN);
      record.end = ordered(INT64_MAX);
      record.flags = kTimesAreNanoseconds;
    }
    add(record, into);
  }

  void add(Record record, std::vector<Drained>& into) {
    record.op = OpId{static_cast<std::uint32_t>(below(habit_ == 1 ? 2 : 700))};  // more than the table has, at times
    record.device = below(2) == 0 ? kNoDevice : DeviceId{static_cast<std::uint32_t>(below(5))};
    record.shapes = ShapesId{static_cast<std::uint32_t>(below(6))};
    record.bytes = below(4) * 8;
    record.step = spans_ / 100;
    if (below(10) == 0) {
      record.flags |= kWasQueued;
      record.queued = record.begin - below(3);
    }
    record.flags |= static_cast<std::uint16_t>(below(3) << kWeightShift);
    into.push_back({id_, record, below(20) == 0 ? 1 + below(9) : 0});
    ++spans_;
  }

  std::mt19937_64& random_;
  ThreadId id_;
  std::uint64_t habit_;
  std::uint64_t now_ = 4'000;
  std::size_t spans_ = 0;
};

Trace empty_trace() {
  Trace trace;
  for (int i = 0; i < 600; ++i) trace.op_names().intern("op" + std::to_string(i));
  for (int i = 0; i < 4; ++i) trace.device_names().intern("gpu:" + std::to_string(i));
  for (std::uint64_t i = 1; i < 4; ++i) {
    SignatureBuilder builder;
    builder.set_output({&i, 1});
    trace.signatures().intern(builder.finish());
  }
  trace.origin = Origin{Nanoseconds{1'000}, Nanoseconds{0}, "counter"};
  return trace;
}

Trace by_sorting(const std::vector<Drained>& all, const ClockMap& clock) {
  Trace trace = empty_trace();
  const std::int64_t origin = trace.origin->monotonic.count();
  struct Key {
    std::int64_t begin_ns;
    ThreadId thread;
    std::size_t at;
    auto operator<=>(const Key&) const = default;
  };
  const auto is_ns = [](const Record& record) { return (record.flags & kTimesAreNanoseconds) != 0; };
  const auto since_origin = [&](std::uint64_t time, const Record& record) {
    return saturating_subtract(is_ns(record) ? from_ordered(time) : clock.to_ns(time), origin);
  };
  std::vector<Key> keys;
  for (const Drained& one : all) {
    keys.push_back({since_origin(one.record.begin, one.record), one.thread, keys.size()});
  }
  std::ranges::sort(keys);
  for (const Key& key : keys) {
    const Record& record = all[key.at].record;
    Trace::Row row;
    row.op = known(record.op, trace);
    row.device = known(record.device, trace);
    row.shapes = index_of(record.shapes) < trace.signatures().size() ? record.shapes : kDroppedShapes;
    row.step = record.step;
    row.duration_us = to_microseconds(nanoseconds_of(
        is_ns(record) ? record.end - record.begin
                      : static_cast<std::uint64_t>(clock.to_ns(record.end) - clock.to_ns(record.begin))));
    row.memory_bytes = record.bytes;
    row.begin_ns = key.begin_ns;
    row.thread = key.thread;
    row.depth = record.depth;
    row.weight = weight_of(record.flags);
    if ((record.flags & kWasQueued) != 0) {
      row.queue_delay_ns = saturating_subtract(key.begin_ns, since_origin(record.queued, record));
    }
    row.lost_before = all[key.at].folded_before;
    trace.append(row);
    trace.total_duration_us += row.duration_us * row.weight;
  }
  return trace;
}

class Log {
 public:
  explicit Log(std::uint64_t max_spans = 1U << 30U)
      : log_(memory_, [](const Segment&, LossCause) { FAIL() << "expected every span to be kept"; }) {
    log_.reset({.max_spans = max_spans});
  }

  void append(const Drained& one) {
    Writer& writer = writers_[index_of(one.thread) % writers_.size()];
    if (!writer.has_room() || last_ != &writer || thread_ != one.thread) {
      if (last_ != nullptr) log_.commit(*last_, {});
      RowLog::close(writer);
      log_.make_room(writer, one.thread, {});
      last_ = &writer;
      thread_ = one.thread;
    }
    writer.append(pack(one.record), one.folded_before);
  }

  std::vector<Segment> take() {
    if (last_ != nullptr) log_.commit(*last_, {});
    return log_.segments();
  }

 private:
  MemoryBound memory_{~std::size_t{0}};
  RowLog log_;
  std::deque<Writer> writers_ = std::deque<Writer>(3);  // fewer than threads: some chunks hold several of them
  Writer* last_ = nullptr;
  ThreadId thread_ = kNoThread;
};

TEST(Merge, GivesTheTraceThatSortingAllRecordsGives) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const ClockMap clock(Clock::Source::kCounter, {{Ticks{4'000}, Nanoseconds{1'000}},
                                                 {Ticks{5'000}, Nanoseconds{1'500}},
                                                 {Ticks{9'000}, Nanoseconds{2'100}},
                                                 {Ticks{std::uint64_t{1} << 34U}, Nanoseconds{1} * (1LL << 35U)}});
  for (int round = 0; round < 60; ++round) {
    const std::size_t count = random() % 9;
    std::vector<std::vector<Drained>> threads(count);
    for (std::size_t i = 0; i < count; ++i) {
      RandomThread(random, ThreadId{static_cast<std::uint32_t>(i)}).record(random() % 2'000, threads[i]);
    }
    Log log;
    std::vector<Drained> all;
    std::vector<std::size_t> next(count, 0);
    for (std::size_t left = count; left > 0;) {  // pieces of all threads in turn, as passes over lanes take them
      left = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t end = std::min(threads[i].size(), next[i] + random() % 700);
        for (; next[i] < end; ++next[i]) {
          log.append(threads[i][next[i]]);
          all.push_back(threads[i][next[i]]);
        }
        if (next[i] < threads[i].size()) ++left;
      }
    }
    Trace trace = empty_trace();
    const std::vector<Segment> segments = log.take();
    write_rows(segments, needs_of(segments, trace), clock, trace);
    ASSERT_TRUE(trace == by_sorting(all, clock)) << "round " << round;
  }
}

TEST(Merge, KeepsEveryKindWhenNoTwoSpansAreOfOneKind) {
  Log log;
  std::vector<Drained> all;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    Record record;
    record.begin = record.end = 4'000 + i;
    record.step = i;
    record.bytes = 8;
    all.push_back({ThreadId{0}, record, 0});
    log.append(all.back());
  }
  const ClockMap clock(Clock::Source::kMonotonic, {});
  Trace trace = empty_trace();
  const std::vector<Segment> segments = log.take();
  write_rows(segments, needs_of(segments, trace), clock, trace);
  EXPECT_TRUE(trace == by_sorting(all, clock));
}

TEST(Merge, LeavesNothingAsNothing) {
  Trace trace = empty_trace();
  write_rows({}, {}, ClockMap(Clock::Source::kMonotonic, {}), trace);
  EXPECT_TRUE(trace.empty());
}

// More rows than one thread makes the pages of.
TEST(Merge, GivesTheSameWithASecondThread) {
  Log log;
  std::vector<Drained> all;
  for (std::uint64_t i = 0; i < 600'000; ++i) {
    Record record;
    record.begin = 4'000 + i / 2 * 3;
    record.end = record.begin + 2;
    all.push_back({ThreadId{static_cast<std::uint32_t>(i % 2)}, record, 0});
  }
  for (std::uint32_t thread = 0; thread < 2; ++thread) {
    for (std::size_t i = thread; i < all.size(); i += 2) log.append(all[i]);
  }
  Trace trace = empty_trace();
  const std::vector<Segment> segments = log.take();
  write_rows(segments, needs_of(segments, trace), ClockMap(Clock::Source::kMonotonic, {}), trace);
  ASSERT_EQ(trace.size(), all.size());
  for (std::size_t row = 0; row < trace.size(); ++row) {
    ASSERT_EQ(trace.columns().thread.at(row), all[row].thread);
    ASSERT_EQ(trace.columns().begin_ns.at(row), static_cast<std::int64_t>(all[row].record.begin) - 1'000);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
