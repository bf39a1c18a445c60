#include "collect/collector.h"

#include <algorithm>
#include <new>
#include <thread>
#include <utility>

#include "collect/time_math.h"
#include "record/cpu_time.h"

namespace ringtail::inline v1 {
namespace {

constexpr auto kPairInterval = std::chrono::seconds{1};     // how often the counter is tied to CLOCK_MONOTONIC again
constexpr auto kSettleTime = std::chrono::seconds{1};       // a thread interrupted inside a call resumes well before
constexpr auto kCutTime = std::chrono::milliseconds{5};     // a thread that folds without a break leaves none to read
constexpr auto kDearFlush = std::chrono::milliseconds{10};  // of CPU time: a batch with a ledger of very many rows
constexpr int kPauseOfFlush = 4;  // times what a dear one took: rings are drained meanwhile, and others have the core
constexpr std::size_t kMostSpans = 0xFFFF'FFFF;
constexpr std::size_t kMostPairs = 4'096;  // past it every second is dropped: days of seconds stay small
constexpr std::uint64_t kMostInBatch = std::uint64_t{1} << 16U;  // spans, but for what one more ring gives
constexpr std::size_t kBatchCopies = 4;  // of the ledger: the harvest's, two that are written, the batch's
constexpr std::size_t kBatchRowBytes =
    256;  // at most: all columns, before and after they grew, and what sorting takes

RowLog::Limits limits_of(const Collector::Options& options) {
  if (options.sink) return {.max_spans = kMostSpans};
  return {.max_spans = std::min(options.max_spans, kMostSpans), .latest = options.latest, .window = options.window};
}

LossCause why_folded(const Lane& lane) { return lane.ring_entries > 0 ? LossCause::kRingFull : LossCause::kNoRing; }

}  // namespace

Collector::Collector(Registry& registry, Clock clock, Options options)
    : registry_(registry),
      clock_(clock),
      options_(std::move(options)),
      most_in_batch_(std::clamp<std::uint64_t>(registry.memory().most() / 4 / kBatchRowBytes, 1'024, kMostInBatch)),
      log_(registry.memory(), [this](const Segment& segment, LossCause cause) { leave(segment, cause); }),
      folds_(&registry.memory(), options_.sink ? kBatchCopies : 1),
      delivery_(registry, clock.source(), options_.sink) {}

std::size_t Collector::most_totals() const noexcept {
  return std::max(FoldTable::most_totals(registry_.limits().fold_cells), NestedSpans::kMostTotals);
}

// What it allocates once, in this run or a later one.
std::size_t Collector::own_bytes() const noexcept {
  constexpr std::size_t kRest = std::size_t{64} << 10U;  // the session's objects, and tables that are empty
  const RegistryLimits& limits = registry_.limits();
  const std::size_t totals = most_totals() + Chunk::kBytes / sizeof(Kind);
  const std::size_t batch = delivery_.wanted() ? (most_in_batch_ + limits.ring_entries) * kBatchRowBytes : 0;
  const std::size_t watch = options_.triggers != nullptr ? std::size_t{128} << 10U : 0;
  return watch + kMostPairs * sizeof(ClockPair) + totals * sizeof(FoldTable::Total) + batch + kRest;
}

void Collector::leave(const Segment& segment, LossCause cause) noexcept {
  ThreadAccount& account = registry_.account(segment.thread);
  folds_.add(segment, account, cause);
  account.recorded -= segment.spans;  // counted when they were drained
  account.folded += segment.spans;
}

void Collector::take_lanes() noexcept {
  static_assert(sizeof(Book) <= kBookBytes);
  try {
    while (books_.size() < registry_.lane_count()) {
      Lane& lane = registry_.lane(books_.size());
      books_.emplace_back().lane = &lane;
    }
  } catch (const std::bad_alloc&) {  // the next pass tries again
  }
}

// Requires: the lane was found not free since.
void Collector::open(Book& book) noexcept {
  if (book.counts != nullptr) return;
  book.account.open(*book.lane, run_);
  book.counts = &registry_.account(book.account.thread);
  book.steps = {};
}

void Collector::close(Book& book) noexcept {
  RowLog::close(book.writer);
  book.account = {};
  book.counts = nullptr;
}

std::uint16_t Collector::begin_run() {
  // What may fail comes first.
  if (own_bytes_ == 0) {
    const std::size_t bytes = own_bytes();
    if (!registry_.memory().take(MemoryBound::For::kBooks, bytes)) throw OverBound();
    own_bytes_ = bytes;
  }
  pairs_.reserve(kMostPairs + 1);
  totals_.reserve(most_totals());
  const ClockPair now = clock_.pair();
  if (options_.triggers != nullptr) {
    watch_.emplace(*options_.triggers, clock_, registry_.limits().max_devices, *options_.slot);
  }
  delivery_.begin();
  log_.reset(limits_of(options_));

  if (++run_ == 0) {  // after 65,535 starts: no count of a former run may be taken for one of this
    ++run_;
    registry_.forget_counts();
  }
  for (Book& book : books_) close(book);
  folds_.clear();
  open_spans_.clear();
  open_unlisted_ = 0;
  uncounted_ = 0;
  pairs_.assign(1, now);
  pair_interval_ = kPairInterval;
  wall_at_start_ = wall_clock_now();
  last_flush_ = now.monotonic;
  flush_pause_ = Nanoseconds{0};
  in_run_ = true;
  return run_;
}

void Collector::add_pair(ClockPair pair) noexcept {
  if (pairs_.size() >= kMostPairs) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pairs_.size(); i += 2) pairs_[kept++] = pairs_[i];
    pairs_.resize(kept);
    pair_interval_ *= 2;
  }
  pairs_.push_back(pair);
}

Collector::Pass Collector::drain(Flushes flushes) noexcept {
  pass_ = {};
  if (!in_run_) return pass_;
  take_lanes();
  const ClockPair now = clock_.pair();
  now_ = now.monotonic;
  if (!delivery_.wanted() && now.monotonic - pairs_.back().monotonic >= pair_interval_) add_pair(now);
  if (watch_) watch_->begin_pass(now);
  for (Book& book : books_) {
    if (flushes == Flushes::kNo && batch_is_full()) break;
    book.account.visit(
        *book.lane, run_,
        [&] {
          open(book);
          drain(book);
          if (flushes == Flushes::kYes && batch_is_full()) flush();
        },
        [&] { settle(book, std::chrono::steady_clock::now() + kSettleTime); });
  }
  log_.expire(now_);
  if (watch_) watch_->end_pass([this](DeviceId device) { return is_open(device); });
  if (flushes == Flushes::kYes && delivery_.wanted() &&
      now_ - last_flush_ >= std::max(options_.flush_interval, flush_pause_))
    flush();
  return pass_;
}

// Relaxed, but for the depth: a span more or less at this moment is all that depends on it.
bool Collector::is_open(DeviceId device) const noexcept {
  for (const Book& book : books_) {
    const Lane& lane = *book.lane;
    // L6 <- L5: entries below the depth are whole.
    const std::size_t depth =
        std::min<std::size_t>(lane.open_depth.load(std::memory_order_acquire), Lane::kOpenSpansKept);
    for (std::size_t i = 0; i < depth; ++i) {
      const std::uint64_t what = lane.open[i].what.load(std::memory_order_relaxed);  // published by L5
      if (DeviceId{static_cast<std::uint32_t>(what)} == device) return true;
    }
  }
  return false;
}

void Collector::drain(Book& book) noexcept {
  const Lane& lane = *book.lane;
  Writer& writer = book.writer;
  const std::uint64_t before = book.account.drained;
  const ThreadId thread = book.account.thread;
  const std::size_t moved =
      book.account.drain(*book.lane, run_, [&](const RingSlot& slot, std::uint64_t folded_before) {
        if (!writer.has_room()) [[unlikely]]
          log_.make_room(writer, thread, now_);
        if (watch_) [[unlikely]]
          watch_->see(slot, thread, book.steps);
        writer.append(slot, folded_before);
      });
  if (moved == 0) return;
  pass_.moved += moved;
  if (lane.ring_entries > 0) {
    pass_.fullest = std::max(pass_.fullest, static_cast<double>(moved) / static_cast<double>(lane.ring_entries));
  }
  book.counts->recorded += book.account.drained - before;
  book.counts->shapes_dropped += writer.take_shapes_dropped();
  log_.commit(writer, now_);
}

// Relaxed: statistics, and whoever needs them exact has the lane's thread before it in time.
void Collector::add_statistics(const Lane& lane, ThreadAccount& account) const noexcept {
  const auto of = [&](const std::atomic<std::uint64_t>& counter) {
    return InRun::count_of(counter.load(std::memory_order_relaxed), run_);
  };
  account.shapes_dropped += of(lane.shapes_dropped);
  account.sampled_out += of(lane.sampled_out) + lane.nested.sampled_out(run_);
  account.clock_steps += of(lane.clock_steps);
  account.blocked += nanoseconds_of(of(lane.blocked_ns));
}

// Spans of signal handlers that interrupted a recording call: nobody waits for them, so what can be read is the cut.
// Replaces totals_.
void Collector::add_nested(const Lane& lane, ThreadId thread, ThreadAccount& account, FoldBook& folds) noexcept {
  if (lane.nested.count(run_) == 0) return;
  lane.nested.read(run_, totals_);
  folds.add(thread, account, LossCause::kNested, totals_);
  for (const FoldTable::Total& total : totals_) {
    account.attempted += total.count;
    account.folded += total.count;
  }
}

void Collector::settle(Book& book, Deadline give_up) noexcept {
  const Lane& lane = *book.lane;
  while (true) {
    const LaneAccount::Cut cut = book.account.cut(lane, run_, totals_, [&] { drain(book); });
    const bool adds_up = cut.holds() && cut.attempted == book.account.drained + cut.folded;
    if (!adds_up && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();  // a thread is between counting its attempt and finishing it
      continue;
    }
    const ThreadId thread = book.account.thread;
    ThreadAccount& counts = *book.counts;
    folds_.add(thread, counts, why_folded(lane), totals_);
    // A call that is still under way ends after the cut; but one that stopped inside a fold has hidden all totals,
    // and then what was attempted and not drained was folded.
    std::uint64_t folded = cut.gaps;
    if (!cut.whole) folded = std::max(folded, cut.attempted - std::min(cut.attempted, book.account.drained));
    folded = std::max(folded, cut.folded);
    uncounted_ += folded - cut.folded;
    counts.attempted += book.account.drained + folded;
    counts.folded += folded;
    add_nested(lane, thread, counts, folds_);
    add_statistics(lane, counts);
    close(book);
    return;
  }
}

// A cut of a lane that goes on.
void Collector::cut(Book& book, Nanoseconds most, Harvest& harvest) {
  const Lane& lane = *book.lane;
  const auto give_up = std::chrono::steady_clock::now() + most;
  LaneAccount::Cut cut;
  do {
    cut = book.account.cut(lane, run_, totals_, [&] { drain(book); });
  } while (!cut.holds() && std::chrono::steady_clock::now() < give_up);
  const ThreadId thread = book.account.thread;
  ThreadAccount& counts = harvest.accounts[index_of(thread)];
  harvest.folds.add(thread, counts, why_folded(lane), totals_);
  const std::uint64_t folded = std::max(cut.gaps, cut.folded);
  harvest.uncounted += folded - cut.folded;
  counts.attempted += book.account.drained + folded;
  counts.folded += folded;
  add_nested(lane, thread, counts, harvest.folds);
  add_statistics(lane, counts);
}

// Throws std::bad_alloc, and has noted nothing then.
void Collector::note_open_spans(const Lane& lane, std::vector<OpenSpan>& open_spans) {
  // L6 <- L5: entries below the depth are whole.
  const std::size_t depth =
      std::min<std::size_t>(lane.open_depth.load(std::memory_order_acquire), Lane::kOpenSpansKept);
  open_spans.reserve(open_spans.size() + depth);
  for (std::size_t i = 0; i < depth; ++i) {
    const std::uint64_t what = lane.open[i].what.load(std::memory_order_relaxed);    // published by L5
    const std::uint64_t begin = lane.open[i].begin.load(std::memory_order_relaxed);  // published by L5
    open_spans.push_back({lane.thread, OpId{static_cast<std::uint32_t>(what >> 32U)},
                          DeviceId{static_cast<std::uint32_t>(what)}, static_cast<std::uint16_t>(i),
                          Nanoseconds{static_cast<std::int64_t>(begin)}});
  }
}

void Collector::end(Book& book, Deadline give_up) noexcept {
  const Lane& lane = *book.lane;
  const LaneState state = lane.look();
  if (state == LaneState::kFree) return;
  open(book);
  settle(book, give_up);
  if (state != LaneState::kLive) return;
  try {
    note_open_spans(lane, open_spans_);
  } catch (const std::bad_alloc&) {
    open_unlisted_ += lane.open_depth.load(std::memory_order_relaxed);  // statistic
  }
}

void Collector::end_run() noexcept {
  in_run_ = false;
  take_lanes();
  pairs_.push_back(clock_.pair());
  now_ = pairs_.back().monotonic;
  at_end_ = {now_, wall_clock_now()};
  // One for all lanes: of threads that are stopped inside a call there may be many.
  const Deadline give_up = std::chrono::steady_clock::now() + kSettleTime;
  for (Book& book : books_) end(book, give_up);
  // Lanes for whose books there was no memory: there is for one, here.
  for (std::size_t i = books_.size(); i < registry_.lane_count(); ++i) {
    Book book;
    book.lane = &registry_.lane(i);
    end(book, give_up);
  }
  log_.expire(now_);
  threads_ = registry_.thread_count();
  if (delivery_.wanted()) flush();
}

// Every batch ends at a pair of its own: what lies before it is interpolated, and no later pair moves it (but times
// of before the oldest of the last 2,048 pairs, where a span is that long).
void Collector::flush() noexcept {
  last_flush_ = now_;
  const Nanoseconds before = cpu_time(CLOCK_THREAD_CPUTIME_ID);
  try {
    Harvest now = batch(Nanoseconds{0});
    deliver(now);
    accounts_ = std::move(now.accounts);
  } catch (const std::bad_alloc&) {
    log_.fold_all(LossCause::kNoMemory);
  }
  const Nanoseconds taken = cpu_time(CLOCK_THREAD_CPUTIME_ID) - before;
  flush_pause_ = taken < kDearFlush ? Nanoseconds{0} : kPauseOfFlush * taken;
}

// Its rows leave it and the log. False: they were folded, after it was counted.
bool Collector::deliver(Harvest& harvest) noexcept {
  const Delivery::Outcome outcome = delivery_.deliver(harvest);
  harvest.segments.clear();  // so that the log uses their memory again
  switch (outcome) {
    case Delivery::Outcome::kDelivered: log_.clear(); return true;
    case Delivery::Outcome::kNoMemory: log_.fold_all(LossCause::kNoMemory); return false;
    case Delivery::Outcome::kFailed: break;
  }
  log_.refuse(LossCause::kSinkFailed);
  log_.fold_all(LossCause::kSinkFailed);
  return false;
}

// Throws std::bad_alloc. most: as cut_all.
Harvest Collector::batch(Nanoseconds most) {
  if (!in_run_) {
    Harvest rest = harvest();
    rest.delivered_us = 0.0;  // of other batches
    return rest;
  }
  // No doubling here: batches come and go, so pairs of long ago are of no more use.
  if (pairs_.size() >= kMostPairs) pairs_.erase(pairs_.begin() + 1, pairs_.end() - kMostPairs / 2);
  Harvest harvest = cut_all(most);
  pairs_.push_back(clock_.pair());
  harvest.latest = {pairs_.back().monotonic, wall_clock_now()};
  harvest.pairs = pairs_;
  harvest.segments = log_.segments();
  return harvest;
}

Harvest Collector::harvest() const {
  Harvest harvest;
  harvest.segments = log_.segments();
  harvest.folds.add(folds_);
  registry_.copy_accounts(harvest.accounts);
  harvest.accounts.resize(std::min(harvest.accounts.size(), threads_));
  harvest.open_spans = open_spans_;
  harvest.pairs = pairs_;
  harvest.wall_at_start = wall_at_start_;
  harvest.latest = at_end_;
  harvest.delivered_us = delivery_.delivered_us();
  harvest.open_unlisted = open_unlisted_;
  harvest.uncounted = uncounted_;
  return harvest;
}

// A cut of every lane, each looked for as long as `most`, and what was settled before. Throws std::bad_alloc.
Harvest Collector::cut_all(Nanoseconds most) {
  Harvest harvest;
  harvest.wall_at_start = wall_at_start_;
  harvest.uncounted = uncounted_;
  harvest.accounts.swap(accounts_);
  harvest.accounts.assign(registry_.thread_count(), {});
  for (Book& book : books_) {
    // Acquire: as in drain(). A lane that retired since, or is leased anew, is as good as live: its account is open.
    if (book.counts == nullptr || book.lane->look() == LaneState::kFree) continue;
    cut(book, most, harvest);
    note_open_spans(*book.lane, harvest.open_spans);
  }
  registry_.copy_accounts(settled_);  // after the cuts, which drain
  for (std::size_t i = 0; i < harvest.accounts.size(); ++i) harvest.accounts[i].add(settled_[i]);
  harvest.folds.add(folds_);
  return harvest;
}

Harvest Collector::snapshot() {
  drain();
  if (delivery_.wanted()) {
    Harvest harvest = batch(kCutTime);
    if (!deliver(harvest)) {
      harvest = batch(kCutTime);
      harvest.segments = log_.lend();
    }
    last_flush_ = now_;
    harvest.delivered_us = delivery_.delivered_us();
    return harvest;
  }
  Harvest harvest = cut_all(kCutTime);
  harvest.segments = log_.lend();
  harvest.pairs = pairs_;
  harvest.pairs.push_back(clock_.pair());
  harvest.latest = {harvest.pairs.back().monotonic, wall_clock_now()};
  return harvest;
}

}  // namespace ringtail::inline v1
