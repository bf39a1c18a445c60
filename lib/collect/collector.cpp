#include "collect/collector.h"

#include <algorithm>
#include <new>
#include <thread>

#include "collect/known_ids.h"
#include "collect/merge.h"
#include "collect/time_math.h"

namespace ringtail {
namespace {

constexpr auto kPairInterval = std::chrono::seconds{1};  // how often the counter is tied to CLOCK_MONOTONIC again
constexpr auto kSettleTime = std::chrono::seconds{1};    // a thread interrupted inside a call resumes well before
constexpr std::size_t kOverflowBatch = 256;
constexpr std::size_t kMostSpans = 0xFFFF'FFFF;  // positions in the log are 32-bit (MergeKey)
constexpr std::size_t kMostPairs = 4'096;        // past it every second is dropped: days of seconds stay small

}  // namespace

Collector::Collector(Registry& registry, Clock clock, std::size_t max_spans)
    : registry_(registry), clock_(clock), max_spans_(std::min(max_spans, kMostSpans)), overflow_(kOverflowBatch) {}

TraceThread& Collector::counts_of(ThreadId thread) {
  if (index_of(thread) >= counts_.size()) counts_.resize(index_of(thread) + 1);
  return counts_[index_of(thread)];
}

void Collector::take_lanes() {
  if (lanes_.size() == registry_.lane_count()) return;
  lanes_ = registry_.lanes();
  accounts_.resize(lanes_.size());
}

void Collector::open_account(const Lane& lane, Account& account) {
  account = {};
  account.thread = lane.thread;
}

void Collector::begin_run(std::uint16_t run) {
  run_ = run;
  log_ = {};
  gaps_.clear();
  folds_ = {};
  counts_.clear();
  open_spans_.clear();
  std::ranges::fill(accounts_, Account{});
  log_bound_ = max_spans_;
  pairs_ = {clock_.pair()};
  pair_interval_ = kPairInterval;
  wall_at_start_ = wall_clock_now();
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

std::size_t Collector::drain() {
  if (!in_run_) return 0;
  take_lanes();
  const ClockPair now = clock_.pair();
  if (now.monotonic - pairs_.back().monotonic >= pair_interval_) add_pair(now);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = *lanes_[i];
    Account& account = accounts_[i];
    // L2 <- L1: read before the last drain. L4's counterpart too: `thread` of a new lease is visible.
    const LaneState state = lane.state.load(std::memory_order_acquire);
    if (state == LaneState::kFree) continue;
    if (account.thread == kNoThread) open_account(lane, account);
    moved += drain(lane, account);
    if (state == LaneState::kRetired) {
      settle(lane, account);
      account = {};
      lane.reset();
      lane.state.store(LaneState::kFree, std::memory_order_release);  // L3 -> L4
    }
  }
  return moved;
}

std::span<RingSlot> Collector::room() {
  if (log_.size() >= log_bound_) return {};
  try {
    const std::span<RingSlot> room = log_.room();
    return room.first(std::min(room.size(), log_bound_ - log_.size()));
  } catch (const std::bad_alloc&) {
    log_bound_ = log_.size();  // what there is no memory for is folded, as past the configured bound
    return {};
  }
}

// At most one ring's worth a call, so that a producer flat out does not keep the collector from the others.
std::size_t Collector::drain(Lane& lane, Account& account) {
  std::size_t moved = 0;
  while (moved < lane.ring_entries) {
    const std::span<RingSlot> into = room();
    const bool to_log = !into.empty();
    RingSlot* const first = to_log ? into.data() : overflow_.data();
    const std::size_t count = lane.ring.pop(first, to_log ? into.size() : overflow_.size());
    if (count == 0) break;
    enter({first, count}, account, to_log);
    moved += count;
  }
  return moved;
}

void Collector::enter(std::span<RingSlot> slots, Account& account, bool to_log) {
  TraceThread& counts = counts_of(account.thread);
  std::size_t kept = 0;
  for (const RingSlot& slot : slots) {
    const Record record = unpack(slot);
    if (InRun::run_of(record.sequence) != run_) continue;  // pushed after the cut of the last run
    const std::uint64_t sequence = InRun::count_of(record.sequence, run_);
    if (sequence != account.next_sequence && to_log) gaps_[log_.size() + kept] = sequence - account.next_sequence;
    account.next_sequence = sequence + 1;
    if (record.shapes == kDroppedShapes) ++counts.shapes_dropped;
    if (!to_log) folds_.add(account.thread, LossCause::kMemoryBound, record);
    slots[kept++] = slot;
  }
  account.drained += kept;
  (to_log ? counts.recorded : counts.folded) += kept;
  if (to_log) log_.commit(account.thread, kept);
}

void Collector::settle(Lane& lane, Account& account) {
  const auto give_up = std::chrono::steady_clock::now() + kSettleTime;
  while (true) {
    // Relaxed: an attempt is counted before it is pushed or folded, so a count that what is drained and folded adds up
    // to is a cut; if it is an old one, later attempts are simply after it. (L1 -> L2 makes it the last for a lane that
    // was retired, and whatever orders a thread before stop() does for that thread.)
    const std::uint64_t attempted = InRun::count_of(lane.attempted.load(std::memory_order_relaxed), run_);
    drain(lane, account);
    const auto totals = lane.folds.read(run_);
    std::uint64_t folded = 0;
    if (totals) {
      for (const FoldTable::Total& total : *totals) folded += total.count;
    }
    const bool adds_up = totals && attempted == account.drained + folded;
    if (!adds_up && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();  // a thread is between counting its attempt and finishing it
      continue;
    }
    if (totals)
      folds_.add(account.thread, lane.ring_entries > 0 ? LossCause::kRingFull : LossCause::kNoRing, *totals);
    TraceThread& counts = counts_of(account.thread);
    counts.attempted += adds_up ? attempted : account.drained + folded;  // an unfinished call ends after the cut
    counts.folded += folded;
    counts.shapes_dropped += InRun::count_of(lane.shapes_dropped.load(std::memory_order_relaxed), run_);
    counts.sampled_out += InRun::count_of(lane.sampled_out.load(std::memory_order_relaxed), run_);
    counts.blocked += nanoseconds_of(InRun::count_of(lane.blocked_ns.load(std::memory_order_relaxed), run_));
    counts.clock_steps += InRun::count_of(lane.clock_steps.load(std::memory_order_relaxed), run_);
    return;
  }
}

void Collector::note_open_spans(const Lane& lane) {
  // L6 <- L5: entries below the depth are whole.
  const std::size_t depth =
      std::min<std::size_t>(lane.open_depth.load(std::memory_order_acquire), Lane::kOpenSpansKept);
  for (std::size_t i = 0; i < depth; ++i) {
    const std::uint64_t what = lane.open[i].what.load(std::memory_order_relaxed);    // published by L5
    const std::uint64_t begin = lane.open[i].begin.load(std::memory_order_relaxed);  // published by L5
    open_spans_.push_back({lane.thread, OpId{static_cast<std::uint32_t>(what >> 32U)},
                           DeviceId{static_cast<std::uint32_t>(what)}, static_cast<std::uint16_t>(i),
                           Nanoseconds{static_cast<std::int64_t>(begin)}});
  }
}

void Collector::end_run() {
  in_run_ = false;
  take_lanes();
  pairs_.push_back(clock_.pair());
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = *lanes_[i];
    const LaneState state = lane.state.load(std::memory_order_acquire);
    if (state == LaneState::kFree) continue;
    if (accounts_[i].thread == kNoThread) open_account(lane, accounts_[i]);
    settle(lane, accounts_[i]);
    if (state == LaneState::kLive) note_open_spans(lane);
    accounts_[i] = {};
  }
}

void Collector::add_rows(const ClockMap& clock, Trace& trace) const {
  const std::int64_t origin = trace.origin->monotonic.count();
  const auto is_ns = [](const Record& record) { return (record.flags & kTimesAreNanoseconds) != 0; };
  const auto since_origin = [&](std::uint64_t time, const Record& record) {
    return saturating_subtract(is_ns(record) ? from_ordered(time) : clock.to_ns(time), origin);
  };
  const auto length = [&](std::uint64_t from, std::uint64_t to, const Record& record) {
    return is_ns(record) ? to - from : static_cast<std::uint64_t>(clock.to_ns(to) - clock.to_ns(from));
  };
  std::vector<MergeKey> keys;
  keys.reserve(log_.size());
  std::size_t threads = 0;
  for (const RecordLog::Stretch& stretch : log_.stretches()) {
    threads = std::max<std::size_t>(threads, index_of(stretch.thread) + 1);
    for (std::size_t i = 0; i < stretch.count; ++i) {
      const Record record = log_[keys.size()];
      keys.push_back({since_origin(record.begin, record), stretch.thread, static_cast<std::uint32_t>(keys.size())});
    }
  }
  order(keys, threads);
  trace.reserve(keys.size());
  for (const MergeKey& key : keys) {
    const Record record = log_[key.at];
    Trace::Row row;
    row.op = known(record.op, trace);
    row.device = known(record.device, trace);
    row.shapes = index_of(record.shapes) < trace.signatures().size() ? record.shapes : kDroppedShapes;
    row.step = record.step;
    row.duration_us = to_microseconds(nanoseconds_of(length(record.begin, record.end, record)));
    row.memory_bytes = record.bytes;
    row.begin_ns = key.begin_ns;
    row.thread = key.thread;
    row.depth = record.depth;
    row.weight = weight_of(record.flags);
    if ((record.flags & kWasQueued) != 0) {
      row.queue_delay_ns = saturating_subtract(key.begin_ns, since_origin(record.queued, record));
    }
    if (const auto gap = gaps_.find(key.at); gap != gaps_.end()) row.lost_before = gap->second;
    trace.append(row);
    trace.total_duration_us += row.duration_us * row.weight;
  }
}

Trace Collector::assemble() {
  Trace trace;
  Registry::Tables tables = registry_.tables();
  trace.op_names() = std::move(tables.ops);
  trace.device_names() = std::move(tables.devices);
  trace.signatures() = std::move(tables.signatures);
  trace.threads = registry_.threads();
  counts_.resize(trace.threads.size());
  for (std::size_t i = 0; i < trace.threads.size(); ++i) {
    TraceThread counts = counts_[i];
    counts.name = trace.threads[i].name;
    counts.os_id = trace.threads[i].os_id;
    counts.held = trace.threads[i].held;
    counts.cpu = trace.threads[i].cpu;
    trace.threads[i] = std::move(counts);
  }
  const ClockMap clock(clock_.source(), pairs_);
  trace.origin = Origin{pairs_.front().monotonic, wall_at_start_, name_of(clock_.source())};
  add_rows(clock, trace);
  folds_.write(clock, trace.origin->monotonic.count(), trace);
  for (const FoldedTotal& total : trace.folded) trace.total_duration_us += to_microseconds(total.duration);
  for (OpenSpan& open : open_spans_) {
    open.op = known(open.op, trace);
    open.device = known(open.device, trace);
    open.begin = Nanoseconds{clock.to_ns(static_cast<std::uint64_t>(open.begin.count()))} - trace.origin->monotonic;
  }
  trace.open_spans = std::move(open_spans_);
  std::ranges::sort(trace.open_spans, [](const OpenSpan& a, const OpenSpan& b) {
    return std::pair(a.thread, a.depth) < std::pair(b.thread, b.depth);
  });
  log_ = {};
  return trace;
}

}  // namespace ringtail
