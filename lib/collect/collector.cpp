#include "collect/collector.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "collect/time_math.h"

namespace ringtail {
namespace {

constexpr auto kPairInterval = std::chrono::seconds{1};  // how often the counter is tied to CLOCK_MONOTONIC again
constexpr auto kSettleTime = std::chrono::seconds{1};    // a thread interrupted inside a call resumes well before
constexpr auto kCutTime = std::chrono::milliseconds{5};  // a thread that folds without a break leaves none to read
constexpr std::size_t kMostSpans = 0xFFFF'FFFF;
constexpr std::size_t kMostPairs = 4'096;  // past it every second is dropped: days of seconds stay small
constexpr std::uint64_t kMostInBatch = std::uint64_t{1} << 18U;  // spans: a sink's batch takes 15 MiB at most

RowLog::Limits limits_of(const Collector::Options& options) {
  if (options.sink) return {.max_spans = kMostSpans};
  return {.max_spans = std::min(options.max_spans, kMostSpans), .latest = options.latest, .window = options.window};
}

}  // namespace

Collector::Collector(Registry& registry, Clock clock, Options options)
    : registry_(registry),
      clock_(clock),
      options_(std::move(options)),
      log_([this](const Segment& segment, LossCause cause) { leave(segment, cause); }),
      delivery_(registry, clock.source(), options_.sink) {}

TraceThread& Collector::counts_of(ThreadId thread) {
  if (index_of(thread) >= counts_.size()) counts_.resize(index_of(thread) + 1);
  return counts_[index_of(thread)];
}

void Collector::leave(const Segment& segment, LossCause cause) {
  folds_.add(segment, cause);
  TraceThread& counts = counts_of(segment.thread);
  counts.recorded -= segment.spans;  // counted when they were drained
  counts.folded += segment.spans;
}

void Collector::take_lanes() {
  if (lanes_.size() == registry_.lane_count()) return;
  lanes_ = registry_.lanes();
  accounts_.resize(lanes_.size());
  while (writers_.size() < lanes_.size()) writers_.emplace_back();
}

void Collector::begin_run(std::uint16_t run) {
  run_ = run;
  writers_.clear();
  log_.reset(limits_of(options_));
  folds_ = {};
  counts_.clear();
  open_spans_.clear();
  lanes_.clear();
  accounts_.clear();
  pairs_ = {clock_.pair()};
  pair_interval_ = kPairInterval;
  wall_at_start_ = wall_clock_now();
  delivery_.begin();
  last_flush_ = pairs_.front().monotonic;
  in_run_ = true;
}

void Collector::add_pair(ClockPair pair) {
  if (pairs_.size() >= kMostPairs) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pairs_.size(); i += 2) pairs_[kept++] = pairs_[i];
    pairs_.resize(kept);
    pair_interval_ *= 2;
  }
  pairs_.push_back(pair);
}

Collector::Pass Collector::drain() {
  Pass pass;
  if (!in_run_) return pass;
  take_lanes();
  const ClockPair now = clock_.pair();
  now_ = now.monotonic;
  if (!delivery_.wanted() && now.monotonic - pairs_.back().monotonic >= pair_interval_) add_pair(now);
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = *lanes_[i];
    LaneAccount& account = accounts_[i];
    account.visit(
        lane, run_,
        [&] {
          const std::size_t moved = drain(lane, account, writers_[i]);
          pass.moved += moved;
          if (lane.ring_entries > 0) {
            pass.fullest =
                std::max(pass.fullest, static_cast<double>(moved) / static_cast<double>(lane.ring_entries));
          }
          if (delivery_.wanted() && log_.spans() >= kMostInBatch) flush();
        },
        [&] { settle(lane, account, writers_[i]); });
  }
  log_.expire(now_);
  if (delivery_.wanted() && now_ - last_flush_ >= options_.flush_interval) flush();
  return pass;
}

std::size_t Collector::drain(Lane& lane, LaneAccount& account, Writer& writer) {
  const std::uint64_t before = account.drained;
  const std::size_t moved = account.drain(lane, run_, [&](const RingSlot& slot, std::uint64_t folded_before) {
    if (!writer.has_room()) [[unlikely]]
      log_.make_room(writer, account.thread, now_);
    writer.append(slot, folded_before);
  });
  if (moved == 0) return 0;
  TraceThread& counts = counts_of(account.thread);
  counts.recorded += account.drained - before;
  counts.shapes_dropped += writer.take_shapes_dropped();
  log_.commit(writer, now_);
  return moved;
}

// Relaxed: statistics, and whoever needs them exact has the lane's thread before it in time.
void Collector::add_statistics(const Lane& lane, TraceThread& counts) const {
  const auto of = [&](const std::atomic<std::uint64_t>& counter) {
    return InRun::count_of(counter.load(std::memory_order_relaxed), run_);
  };
  counts.shapes_dropped += of(lane.shapes_dropped);
  counts.sampled_out += of(lane.sampled_out) + lane.nested.sampled_out(run_);
  counts.clock_steps += of(lane.clock_steps);
  counts.blocked += nanoseconds_of(of(lane.blocked_ns));
}

// Spans of signal handlers that interrupted a recording call: nobody waits for them, so what can be read is the cut.
std::uint64_t Collector::add_nested(const Lane& lane, ThreadId thread, FoldBook& folds) const {
  if (lane.nested.count(run_) == 0) return 0;
  const auto totals = lane.nested.read(run_);
  return totals ? folds.add(thread, LossCause::kNested, *totals) : 0;
}

void Collector::settle(Lane& lane, LaneAccount& account, Writer& writer) {
  const auto give_up = std::chrono::steady_clock::now() + kSettleTime;
  while (true) {
    const auto cut = account.cut(lane, run_, [&] { drain(lane, account, writer); });
    const bool adds_up = cut.holds() && cut.attempted == account.drained + cut.folded;
    if (!adds_up && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();  // a thread is between counting its attempt and finishing it
      continue;
    }
    if (cut.totals)
      folds_.add(account.thread, lane.ring_entries > 0 ? LossCause::kRingFull : LossCause::kNoRing, *cut.totals);
    const std::uint64_t nested = add_nested(lane, account.thread, folds_);
    TraceThread& counts = counts_of(account.thread);
    // A call that is still under way ends after the cut.
    counts.attempted += account.drained + cut.folded + nested;
    counts.folded += cut.folded + nested;
    add_statistics(lane, counts);
    RowLog::close(writer);
    return;
  }
}

// A cut of a lane that goes on.
void Collector::cut(Lane& lane, LaneAccount& account, Writer& writer, std::chrono::nanoseconds most,
                    Harvest& harvest) {
  const auto give_up = std::chrono::steady_clock::now() + most;
  const auto look = [&] { return account.cut(lane, run_, [&] { drain(lane, account, writer); }); };
  auto cut = look();
  while (!cut.holds() && std::chrono::steady_clock::now() < give_up) cut = look();
  if (cut.totals) {
    harvest.folds.add(account.thread, lane.ring_entries > 0 ? LossCause::kRingFull : LossCause::kNoRing, *cut.totals);
  }
  const std::uint64_t uncounted = cut.gaps > cut.folded ? cut.gaps - cut.folded : 0;
  const std::uint64_t nested = add_nested(lane, account.thread, harvest.folds);
  harvest.uncounted += uncounted;
  if (harvest.counts.size() <= index_of(account.thread)) harvest.counts.resize(index_of(account.thread) + 1);
  TraceThread& counts = harvest.counts[index_of(account.thread)];
  counts.attempted += account.drained + cut.folded + uncounted + nested;
  counts.folded += cut.folded + uncounted + nested;
  add_statistics(lane, counts);
}

void Collector::note_open_spans(const Lane& lane, std::vector<OpenSpan>& open_spans) {
  // L6 <- L5: entries below the depth are whole.
  const std::size_t depth =
      std::min<std::size_t>(lane.open_depth.load(std::memory_order_acquire), Lane::kOpenSpansKept);
  for (std::size_t i = 0; i < depth; ++i) {
    const std::uint64_t what = lane.open[i].what.load(std::memory_order_relaxed);    // published by L5
    const std::uint64_t begin = lane.open[i].begin.load(std::memory_order_relaxed);  // published by L5
    open_spans.push_back({lane.thread, OpId{static_cast<std::uint32_t>(what >> 32U)},
                          DeviceId{static_cast<std::uint32_t>(what)}, static_cast<std::uint16_t>(i),
                          Nanoseconds{static_cast<std::int64_t>(begin)}});
  }
}

void Collector::end_run() {
  in_run_ = false;
  take_lanes();
  pairs_.push_back(clock_.pair());
  now_ = pairs_.back().monotonic;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = *lanes_[i];
    const LaneState state = lane.look();
    if (state == LaneState::kFree) continue;
    accounts_[i].open(lane, run_);
    settle(lane, accounts_[i], writers_[i]);
    if (state == LaneState::kLive) note_open_spans(lane, open_spans_);
    accounts_[i] = {};
  }
  log_.expire(now_);
  if (delivery_.wanted()) flush();
}

// Every batch ends at a pair of its own: what lies before it is interpolated, and no later pair moves it (but times of
// before the oldest of the last 2,048 pairs, where a span is that long).
void Collector::flush() {
  last_flush_ = now_;
  Harvest harvest;
  if (in_run_) {
    // No doubling here: batches come and go, so pairs of long ago are of no more use.
    if (pairs_.size() >= kMostPairs) pairs_.erase(pairs_.begin() + 1, pairs_.end() - kMostPairs / 2);
    harvest = cut_all(Nanoseconds{0});
    pairs_.push_back(clock_.pair());
  } else {
    harvest.folds = folds_;
    harvest.counts = counts_;
    harvest.open_spans = open_spans_;
  }
  harvest.pairs = pairs_;
  harvest.wall_at_start = wall_at_start_;
  harvest.segments = log_.take();
  if (!delivery_.deliver(harvest)) {
    log_.refuse(LossCause::kSinkFailed);
    for (const Segment& segment : harvest.segments) leave(segment, LossCause::kSinkFailed);
  }
  log_.give_back(std::move(harvest.segments));
}

Harvest Collector::harvest() {
  return {
      log_.take(),   std::exchange(folds_, {}), std::exchange(counts_, {}), std::exchange(open_spans_, {}), pairs_,
      wall_at_start_};
}

// A cut of every lane, each looked for as long as `most`, and what was settled before.
Harvest Collector::cut_all(std::chrono::nanoseconds most) {
  Harvest harvest;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    // Acquire: as in drain(). A lane that retired since, or is leased anew, is as good as live: its account is open.
    if (accounts_[i].thread == kNoThread || lanes_[i]->look() == LaneState::kFree) continue;
    cut(*lanes_[i], accounts_[i], writers_[i], most, harvest);
    note_open_spans(*lanes_[i], harvest.open_spans);
  }
  counts_.resize(std::max(counts_.size(), harvest.counts.size()));
  harvest.counts.resize(counts_.size());
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    TraceThread& counts = harvest.counts[i];
    counts.attempted += counts_[i].attempted;
    counts.recorded += counts_[i].recorded;
    counts.folded += counts_[i].folded;
    counts.shapes_dropped += counts_[i].shapes_dropped;
    counts.sampled_out += counts_[i].sampled_out;
    counts.blocked += counts_[i].blocked;
    counts.clock_steps += counts_[i].clock_steps;
  }
  harvest.folds.add(folds_);
  return harvest;
}

Harvest Collector::snapshot() {
  drain();
  Harvest harvest = cut_all(kCutTime);
  if (delivery_.wanted()) flush();
  harvest.segments = log_.lend();
  harvest.pairs = pairs_;
  harvest.pairs.push_back(clock_.pair());
  harvest.wall_at_start = wall_at_start_;
  return harvest;
}

}  // namespace ringtail
