#include "collect/assembly.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/cancellation.h"
#include "base/quiet_thread.h"
#include "collect/known_ids.h"
#include "collect/merge.h"
#include "collect/pages.h"
#include "collect/time_math.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kRowsForTwo = std::size_t{1} << 18U;  // fewer take less time than a thread that helps
constexpr std::size_t kPopulateRows = std::size_t{1} << 16U;

// Makes the pages of columns, from their end, on a thread of its own.
class PageMaker {
 public:
  PageMaker(const Trace::NewRows& slots, std::size_t rows) {
    if (rows < kRowsForTwo || std::thread::hardware_concurrency() < 2) return;
    try {
      thread_ = quiet_thread([this, slots, rows] { work(slots, rows); });
    } catch (const std::exception&) {  // no thread or no memory for one: the pages are made by writing them
    }
  }
  ~PageMaker() {
    stop_.store(true, std::memory_order_relaxed);  // only time is at stake
    if (thread_.joinable()) thread_.join();
  }
  PageMaker(const PageMaker&) = delete;
  PageMaker& operator=(const PageMaker&) = delete;

  // The rows from this one on are written.
  void reached(std::size_t row) noexcept { reached_.store(row, std::memory_order_relaxed); }  // advice only

 private:
  void work(const Trace::NewRows& slots, std::size_t rows) {
    for (std::size_t end = rows; end > 0 && !stop_.load(std::memory_order_relaxed);) {  // only time is at stake
      end = std::min(end, reached_.load(std::memory_order_relaxed));  // advice only: these are made already
      const std::size_t first = end - std::min(end, kPopulateRows);
      const std::size_t count = end - first;
      const auto make = [&](auto column) {
        if (!column.empty()) populate(column.data() + first, count * sizeof(column[0]));
      };
      const std::span<std::byte> steps = slots.step.bytes(first, count);
      populate(steps.data(), steps.size());
      make(slots.op);
      make(slots.device);
      make(slots.shapes);
      make(slots.duration_us);
      make(slots.begin_ns);
      make(slots.thread);
      make(slots.memory_bytes);
      make(slots.depth);
      make(slots.queue_delay_ns);
      make(slots.lost_before);
      make(slots.weight);
      end = first;
    }
  }

  const NoCancellation whole_;  // it joins
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> reached_{~std::size_t{0}};
  std::thread thread_;
};

class RowWriter {
 public:
  RowWriter(const Trace::NewRows& slots, std::size_t rows, const ClockMap& clock, Trace& trace, const RowNeeds& needs)
      : slots_(slots),
        at_(rows),
        clock_(clock),
        origin_(trace.origin->monotonic.count()),
        ops_(trace.op_names().size()),
        devices_(trace.device_names().size()),
        signatures_(trace.signatures().size()) {
    if (needs.unknown_op) unknown_op_ = known(OpId{ops_}, trace);
    if (needs.unknown_device) unknown_device_ = known(DeviceId{devices_}, trace);
  }

  void write(const RowPlace& place) {
    const std::size_t at = --at_;
    const Row& row = *place.row;
    const Kind& kind = place.kind();
    std::uint64_t duration = row.duration;
    std::int64_t queue_delay = kNoTime;
    std::uint64_t lost_before = 0;
    for (const Row* note = &row; note != place.segment->begin_row() && is_note(note[-1]); --note) {
      const std::uint64_t value = note[-1].begin;
      switch (note[-1].kind) {
        case kLongDuration: duration = value; break;
        case kQueuedAt: queue_delay = saturating_subtract(place.begin_ns, since_origin(value, kind)); break;
        default: lost_before = value;
      }
    }
    const std::uint64_t length =
        kind.in_nanoseconds()
            ? duration
            : static_cast<std::uint64_t>(clock_.to_ns(row.begin + duration) - clock_.to_ns(row.begin));
    const OpId op = kind.op();
    const DeviceId device = kind.device();
    const ShapesId shapes = kind.shapes();
    slots_.op[at] = index_of(op) < ops_ ? op : unknown_op_;
    slots_.device[at] = device == kNoDevice || index_of(device) < devices_ ? device : unknown_device_;
    slots_.shapes[at] = index_of(shapes) < signatures_ ? shapes : kDroppedShapes;
    // to_microseconds(), whose seconds are 0 here: without its two divisions of integers.
    slots_.duration_us[at] =
        length < 1'000'000'000 ? static_cast<double>(length) / 1e9 * 1e6 : to_microseconds(nanoseconds_of(length));
    slots_.step.set(at, kind.step);
    slots_.begin_ns[at] = place.begin_ns;
    slots_.thread[at] = place.segment->thread;
    if (!slots_.memory_bytes.empty()) slots_.memory_bytes[at] = kind.bytes;
    if (!slots_.depth.empty()) slots_.depth[at] = kind.depth();
    if (!slots_.queue_delay_ns.empty()) slots_.queue_delay_ns[at] = queue_delay;
    if (!slots_.lost_before.empty()) slots_.lost_before[at] = lost_before;
    if (!slots_.weight.empty()) slots_.weight[at] = weight_of(kind.flags());
  }

  [[nodiscard]] std::size_t at() const noexcept { return at_; }

 private:
  std::int64_t since_origin(std::uint64_t time, const Kind& kind) {
    return saturating_subtract(kind.in_nanoseconds() ? from_ordered(time) : clock_.to_ns(time), origin_);
  }

  const Trace::NewRows slots_;
  std::size_t at_;
  ClockMap::Cursor clock_;
  const std::int64_t origin_;
  const std::uint32_t ops_;
  const std::uint32_t devices_;
  const std::uint32_t signatures_;
  OpId unknown_op_{};
  DeviceId unknown_device_ = kNoDevice;
};

}  // namespace

RowNeeds needs_of(std::span<const Segment> segments, const Trace& trace) {
  RowNeeds needs;
  Trace::Facts& facts = needs.facts;
  facts.begin_ns = true;
  facts.thread = true;
  std::unordered_map<const Chunk*, std::uint32_t> seen;  // kinds of chunks that several segments share
  for (const Segment& segment : segments) {
    facts.lost_before |= segment.has_gaps;
    std::uint32_t& from = seen[segment.chunk.get()];
    for (; from < segment.kinds; ++from) {
      const Kind& kind = segment.chunk->kind(from);
      const bool has_signature = index_of(kind.shapes()) < trace.signatures().size();
      facts.memory_bytes |= kind.bytes != (has_signature ? trace.signatures().bytes(kind.shapes()) : 0);
      facts.largest_step = std::max(facts.largest_step, kind.step);
      facts.depth |= kind.depth() != 0;
      facts.queue_delay_ns |= (kind.flags() & kWasQueued) != 0;
      facts.weight |= weight_of(kind.flags()) != 1;
      needs.unknown_op |= index_of(kind.op()) >= trace.op_names().size();
      needs.unknown_device |= kind.device() != kNoDevice && index_of(kind.device()) >= trace.device_names().size();
    }
  }
  return needs;
}

void write_rows(std::span<const Segment> segments, const RowNeeds& needs, const ClockMap& clock, Trace& trace) {
  std::size_t rows = 0;
  for (const Segment& segment : segments) rows += segment.spans;
  trace.clear_rows();
  const Trace::NewRows slots = trace.add_rows(rows, needs.facts);
  {
    PageMaker pages(slots, rows);
    Merge merge(segments, clock, trace.origin->monotonic.count());
    bool ordered = false;
    while (!ordered) {
      RowWriter writer(slots, rows, clock, trace, needs);
      ordered = merge.run([&](const RowPlace& place) {
        writer.write(place);
        if (writer.at() % 4'096 == 0) pages.reached(writer.at());
      });
    }
  }
  double sum = 0.0;  // first to last: the order of additions is part of the result
  const Column<double>& duration_us = trace.columns().duration_us;
  if (needs.facts.weight) {
    for (std::size_t row = 0; row < rows; ++row) sum += duration_us[row] * slots.weight[row];
  } else {
    for (const double us : duration_us) sum += us;
  }
  trace.total_duration_us = sum;
}

}  // namespace ringtail::inline v1
