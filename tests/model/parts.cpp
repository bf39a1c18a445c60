#include "tests/model/parts.h"

#include <algorithm>
#include <string_view>

#include "record/registry.h"

namespace ringtail::model {

std::unique_ptr<Lane> make_lane(std::size_t ring_entries) {
  static ManualClock time(std::chrono::seconds{1});
  static const Clock clock = Clock::manual(time);
  static Registry registry(clock, {});  // a lane refers to one; these do not use it
  auto lane = std::make_unique<Lane>(registry, clock, ring_entries, 8, 1);
  lane->rules[0].shortest_ticks.store(5, std::memory_order_relaxed);  // not shared yet
  return lane;
}

void span(Lane& lane, unsigned id, Length length) {
  lane.close(10, length == Length::kLong ? 20 : 11, 0, {.id = kNoShapes, .bytes = std::uint64_t{1} << id}, OpId{1},
             DeviceId{0}, 0, 0);
}

std::uint64_t folded_spans(const Cut& cut) {
  std::uint64_t spans = 0;
  for (const Folds::Total& total : cut.totals) spans += total.bytes;
  return spans;
}

void Book::drain(Lane& lane, std::uint16_t run) {
  account.drain(lane, run, [this](const RingSlot& slot, std::uint64_t) {
    require(slot.bytes > drained, "a thread's records come in their order, each once");
    drained |= slot.bytes;
  });
}

Cut Book::cut(Lane& lane, std::uint16_t run) {
  if (mistake_ == Mistake::kDrainsBeforeItReadsTheFolds) drain(lane, run);
  const bool drains =
      mistake_ != Mistake::kDrainsBeforeItReadsTheFolds && mistake_ != Mistake::kDrainsNoMoreAfterTheLook;
  std::vector<Folds::Total> totals;
  const LaneAccount::Cut cut = account.cut(lane, run, totals, [&] {
    if (drains) drain(lane, run);
  });
  return {cut, std::move(totals)};
}

bool Book::adds_up(const Cut& cut) const {
  return (mistake_ == Mistake::kIgnoresGaps ? cut.whole : cut.holds()) &&
         cut.attempted == account.drained + cut.folded;
}

void Book::visit(Lane& lane, std::uint16_t run, const std::function<void()>& settle) {
  if (mistake_ == Mistake::kTakesTheOwnerBeforeTheLook) account.open(lane, run);
  if (mistake_ == Mistake::kDrainsNoMoreAfterTheLook && account.thread != kNoThread) drain(lane, run);
  const LaneAccount before = account;
  account.visit(
      lane, run,
      [&] {
        if (mistake_ != Mistake::kDrainsNoMoreAfterTheLook) drain(lane, run);
      },
      [&] {
        settle();
        drained = 0;
        // What comes back from here has the lane made free.
        if (mistake_ == Mistake::kFreesBeforeTheReset) lane.state.store(LaneState::kFree, std::memory_order_release);
      });
  if (mistake_ == Mistake::kGoesOnWithTheOldAccount && account.thread == kNoThread) account = before;
}

const Program& program(std::string_view name) {
  return *std::find_if(kPrograms.begin(), kPrograms.end(), [=](const Program& one) { return one.name == name; });
}

Options bounds([[maybe_unused]] const Program& program) {
  unsigned preemptions = 3;
#if defined(__SANITIZE_ADDRESS__)
  preemptions -= program.fewer_under_sanitizer;
#endif
  return {.preemptions = preemptions, .delays = 1};
}

}  // namespace ringtail::model
