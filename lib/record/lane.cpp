#include "ringtail/record/lane.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "record/registry.h"

namespace ringtail {
namespace {

// Between two looks at a full ring: short beside the time that a collector needs for a pass, long beside a look.
constexpr std::chrono::microseconds kLook{20};

// Not 0, and unlike that of any other lane: the lane's number in this process through splitmix64's finalizer (Steele,
// Lea, Flood 2014), so that even first draws are fair.
std::uint64_t seed_of(std::uint64_t salt) noexcept {
  static std::atomic<std::uint64_t> lanes{0};
  std::uint64_t z =
      salt + 0x9E37'79B9'7F4A'7C15ULL * (lanes.fetch_add(1, std::memory_order_relaxed) + 1);  // distinct
  z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBULL;
  return (z ^ (z >> 31U)) | 1U;
}

}  // namespace

Lane::Lane(Registry& owner, Clock session_clock, std::size_t entries, std::size_t fold_cells)
    : clock(session_clock),
      registry(owner),
      ring_entries(entries),
      random(seed_of(session_clock.now().value ^ reinterpret_cast<std::uintptr_t>(this))),
      shapes(owner),
      op_names(owner, &Registry::intern_op),
      device_names(owner, &Registry::intern_device),
      folds(fold_cells),
      ring(entries) {
  // Writing every slot once takes the page faults here, off the recording thread's first thousands of spans.
  while (ring.push(RingSlot{})) {
  }
  ring.reset();
}

std::uint64_t Lane::first_of_run(std::uint16_t run) noexcept { return InRun::first(run); }

void Lane::nested_close(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what,
                        std::uint16_t flags) noexcept {
  Switches on = switches();
  if (on.any()) nested.add(begin, std::max(begin, end), bytes, what, flags, on.run());
}

std::uint16_t Lane::nested_sample(unsigned log2, std::uint16_t run) noexcept {
  return nested.keep(log2, run) ? static_cast<std::uint16_t>(log2 << kWeightShift) : kSampledOut;
}

void Lane::fold_filtered(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what,
                         std::uint64_t rest) noexcept {
  fold(begin, end, bytes, what, rest, FoldTable::Why::kFiltered);
}

void Lane::no_room(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what,
                   std::uint64_t rest, std::uint64_t queued) noexcept {
  // Relaxed, both: a rule takes effect soon; own counter.
  const std::chrono::nanoseconds longest{longest_wait_ns.load(std::memory_order_relaxed)};
  const std::uint64_t sequence = attempted.load(std::memory_order_relaxed) - 1;
  if (longest.count() > 0 && ring_entries > 0) {
    const auto began = std::chrono::steady_clock::now();
    auto now = began;
    bool pushed = false;
    // Nobody collects when recording is off: then there is nothing to wait for.
    while (!pushed && now - began < longest && switches().any()) {
      std::this_thread::sleep_for(std::min(longest, std::chrono::nanoseconds{kLook}));
      pushed = ring.push(RingSlot{begin, end, queued, bytes, step, sequence, what, rest});
      now = std::chrono::steady_clock::now();
    }
    count(blocked_ns, InRun::run_of(sequence), static_cast<std::uint64_t>((now - began).count()));
    if (pushed) return;
  }
  fold(begin, end, bytes, what, rest, FoldTable::Why::kNoRoom);
}

void Lane::fold(std::uint64_t begin, std::uint64_t end, std::uint64_t bytes, std::uint64_t what, std::uint64_t rest,
                FoldTable::Why why) noexcept {
  const std::uint16_t run = InRun::run_of(attempted.load(std::memory_order_relaxed));  // own counter
  folds.fold(begin, end, bytes, what, static_cast<std::uint16_t>(rest >> 48U), why, run);
  if (ShapesId{static_cast<std::uint32_t>(rest)} == kDroppedShapes) count(shapes_dropped, run);
}

void Lane::reset() {
  ring.consume_all([](const RingSlot&) {});
  folds.clear();
  nested.clear();
  attempted.store(0, std::memory_order_relaxed);  // this and all below: published by L3
  sampled_out.store(0, std::memory_order_relaxed);
  shapes_dropped.store(0, std::memory_order_relaxed);
  clock_steps.store(0, std::memory_order_relaxed);
  blocked_ns.store(0, std::memory_order_relaxed);
  open_depth.store(0, std::memory_order_relaxed);
  busy.store(false, std::memory_order_relaxed);
  step = 0;
}

}  // namespace ringtail
