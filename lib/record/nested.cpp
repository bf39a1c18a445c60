#include "ringtail/record/nested.h"

#include "record/splitmix.h"

namespace ringtail::inline v1 {
namespace {

// One more of this run, by a handler that another handler may interrupt: nobody else writes, so this is about
// atomicity and not about order.
void count_one(std::atomic<std::uint64_t>& counter, std::uint16_t run) noexcept {
  std::uint64_t word = counter.load(std::memory_order_relaxed);  // own thread's
  std::uint64_t next = 0;
  do {
    next = (InRun::run_of(word) == run ? word : InRun::first(run)) + 1;
  } while (!counter.compare_exchange_weak(word, next, std::memory_order_relaxed));  // read until it adds up
}

}  // namespace

void NestedSpans::add(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what,
                      std::uint16_t flags, std::uint16_t run) noexcept {
  count_one(count_, run);
  latest_.store(end, std::memory_order_relaxed);  // statistic
  // Between handlers of one thread program order and these fences are all the order there is.
  if (folding_.load(std::memory_order_relaxed)) return;
  folding_.store(true, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  folds_.fold(begin, end, bytes, what, flags, FoldTable::Why::kNoRoom, run);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  folding_.store(false, std::memory_order_relaxed);
}

bool NestedSpans::keep(unsigned log2, std::uint16_t run) noexcept {
  // One atomic step a draw, of this thread's own.
  const std::uint64_t draw = splitmix(draws_.fetch_add(kSplitmixStep, std::memory_order_relaxed) + kSplitmixStep);
  if ((draw & ((std::uint64_t{1} << log2) - 1)) == 0) return true;
  count_one(sampled_out_, run);
  return false;
}

// Relaxed, both: the collector looks until its sums add up.
std::uint64_t NestedSpans::count(std::uint16_t run) const noexcept {
  return InRun::count_of(count_.load(std::memory_order_relaxed), run);
}

std::uint64_t NestedSpans::sampled_out(std::uint16_t run) const noexcept {
  return InRun::count_of(sampled_out_.load(std::memory_order_relaxed), run);
}

void NestedSpans::read(std::uint16_t run, std::vector<FoldTable::Total>& totals) const {
  if (!folds_.read(run, totals)) totals.clear();
  std::uint64_t folded = 0;
  for (const FoldTable::Total& total : totals) folded += total.count;
  const std::uint64_t all = count(run);
  if (all > folded) {
    const std::uint64_t latest = latest_.load(std::memory_order_relaxed);  // statistic
    totals.push_back({.other = true, .count = all - folded, .first = latest, .last = latest});
  }
}

// Relaxed, both: no producer has the lane, or recording is off; the next lease or start publishes it.
void NestedSpans::forget() noexcept {
  folds_.forget();
  count_.store(0, std::memory_order_relaxed);
  sampled_out_.store(0, std::memory_order_relaxed);
}

void NestedSpans::clear() noexcept {
  forget();
  folds_.clear();
  folding_.store(false, std::memory_order_relaxed);
}

}  // namespace ringtail::inline v1
