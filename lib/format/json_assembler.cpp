#include "format/json_assembler.h"

#include <utility>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kMostInputs = 0x7FFF'FFFF;  // a signature counts them in 31 bits

std::optional<LossCause> cause_of(std::string_view name) {
  for (const LossCause cause : kLossCauses) {
    if (name == name_of(cause)) return cause;
  }
  return std::nullopt;
}

}  // namespace

bool TraceAssembler::refuse(std::string problem, ErrorCode code) {
  problem_ = std::move(problem);
  problem_code_ = code;
  return false;
}

void TraceAssembler::begin_with(Trace rows, std::optional<ThreadId> largest_thread) {
  trace_ = std::move(rows);
  has_thread_ = largest_thread.has_value();
  if (has_thread_) largest_thread_ = index_of(*largest_thread);
}

bool TraceAssembler::begin(Slot slot) {
  switch (slot) {
    case Slot::kEntry:
      row_ = {};
      shapes_dropped_ = false;
      inputs_.clear();
      input_count_ = 0;
      output_.clear();
      return true;
    case Slot::kInputShape: input_.clear(); return true;
    case Slot::kOrigin: trace_.origin.emplace(); return true;
    case Slot::kOriginPair: trace_.origin->later.emplace_back(); return true;
    case Slot::kThreadList: has_thread_table_ = true; return true;
    case Slot::kThreadAccount: trace_.threads.emplace_back(); return true;
    case Slot::kFolded: trace_.folded.emplace_back(); return true;
    case Slot::kLoss: trace_.losses.emplace_back(); return true;
    case Slot::kOpen: trace_.open_spans.emplace_back(); return true;
    case Slot::kCategory: trace_.categories.emplace_back(); return true;
    case Slot::kCost: trace_.cost.emplace(); return true;
    default: return true;
  }
}

bool TraceAssembler::end(Slot slot) {
  if (slot == Slot::kInputShape) {
    if (++input_count_ > kMostInputs) {
      return refuse("expected at most 2147483647 input shapes, found more", ErrorCode::kUnsupported);
    }
    inputs_.add_input(input_);
  }
  return slot == Slot::kEntry ? end_entry() : true;
}

bool TraceAssembler::end_entry() {
  const bool says_nothing = input_count_ == 0 && output_.empty() && elements_ == 0;
  if (shapes_dropped_) {
    if (input_count_ != 0 || !output_.empty()) {
      return refuse("expected empty shapes where shapes_dropped is true, found some");
    }
    row_.shapes = kDroppedShapes;
  } else if (!says_nothing) {
    // An empty output shape of no element was never set; a scalar has one.
    const bool has_output = !output_.empty() || elements_ != 0;
    if (has_output) inputs_.set_output(output_);
    const std::uint64_t elements = has_output ? element_count(output_) : 0;
    row_.shapes = trace_.signatures().intern(inputs_.finish(element_bytes_of(elements, bytes_)));
  }
  row_.output_elements = elements_;
  row_.memory_bytes = bytes_;
  trace_.append(row_);
  return true;
}

void TraceAssembler::note_thread(Slot slot, std::uint64_t thread, std::uint64_t offset) {
  if (has_thread_ && thread <= largest_thread_) return;
  has_thread_ = true;
  largest_thread_ = thread;
  largest_thread_offset_ = offset;
  largest_thread_slot_ = slot;
  largest_thread_at_ = slot == Slot::kThread       ? trace_.size()
                       : slot == Slot::kLossThread ? trace_.losses.size() - 1
                                                   : trace_.open_spans.size() - 1;
}

std::optional<TraceAssembler::StrayThread> TraceAssembler::find_stray_thread() const {
  const bool stray = has_thread_table_ && has_thread_ && largest_thread_ >= trace_.threads.size();
  if (!stray) return std::nullopt;
  const char* list = largest_thread_slot_ == Slot::kThread       ? "entries"
                     : largest_thread_slot_ == Slot::kLossThread ? "ringtail.losses"
                                                                 : "ringtail.open_spans";
  return StrayThread{largest_thread_offset_,
                     "$." + std::string(list) + "[" + std::to_string(largest_thread_at_) + "].thread",
                     "expected an index below " + std::to_string(trace_.threads.size()) + ", found " +
                         std::to_string(largest_thread_)};
}

bool TraceAssembler::unsigned_value(Slot slot, std::uint64_t value, std::uint64_t offset) {
  const auto thread = static_cast<ThreadId>(value);
  switch (slot) {
    case Slot::kInputDim: input_.push_back(value); break;
    case Slot::kOutputDim: output_.push_back(value); break;
    case Slot::kStep: row_.step = value; break;
    case Slot::kElements: elements_ = value; break;
    case Slot::kBytes: bytes_ = value; break;
    case Slot::kThread: row_.thread = thread, note_thread(slot, value, offset); break;
    case Slot::kLostBefore: row_.lost_before = value; break;
    case Slot::kDepth: row_.depth = static_cast<std::uint16_t>(value); break;
    case Slot::kWeight: row_.weight = static_cast<std::uint32_t>(value); break;
    case Slot::kThreadSampledOut: trace_.threads.back().sampled_out = value; break;
    case Slot::kFoldedExtra: trace_.folded.back().extra = value; break;
    case Slot::kCategoryOneIn: trace_.categories.back().one_in = static_cast<std::uint32_t>(value); break;
    case Slot::kThreadAttempted: trace_.threads.back().attempted = value; break;
    case Slot::kThreadRecorded: trace_.threads.back().recorded = value; break;
    case Slot::kThreadFolded: trace_.threads.back().folded = value; break;
    case Slot::kThreadShapesDropped: trace_.threads.back().shapes_dropped = value; break;
    case Slot::kThreadClockSteps: trace_.threads.back().clock_steps = value; break;
    case Slot::kFoldedCount: trace_.folded.back().count = value; break;
    case Slot::kFoldedBytes: trace_.folded.back().bytes = value; break;
    case Slot::kLossThread: trace_.losses.back().thread = thread, note_thread(slot, value, offset); break;
    case Slot::kLossCount: trace_.losses.back().count = value; break;
    case Slot::kOpenThread: trace_.open_spans.back().thread = thread, note_thread(slot, value, offset); break;
    case Slot::kOpenDepth: trace_.open_spans.back().depth = static_cast<std::uint16_t>(value); break;
    case Slot::kVersion:
      if (value != 1) {
        return refuse("expected version 1, found " + std::to_string(value),
                      value == 0 ? ErrorCode::kMalformed : ErrorCode::kUnsupported);
      }
      break;
    default: break;
  }
  return true;
}

void TraceAssembler::signed_value(Slot slot, std::int64_t value) {
  const Nanoseconds time{value};
  switch (slot) {
    case Slot::kBegin: row_.begin_ns = value; break;
    case Slot::kQueueDelay: row_.queue_delay_ns = value; break;
    case Slot::kOriginMonotonic: trace_.origin->monotonic = time; break;
    case Slot::kOriginRealtime: trace_.origin->realtime = time; break;
    case Slot::kOriginPairMonotonic: trace_.origin->later.back().monotonic = time; break;
    case Slot::kOriginPairRealtime: trace_.origin->later.back().realtime = time; break;
    case Slot::kThreadOsId: trace_.threads.back().os_id = value; break;
    case Slot::kThreadHeld: trace_.threads.back().held = time; break;
    case Slot::kThreadCpu: trace_.threads.back().cpu = time; break;
    case Slot::kThreadBlocked: trace_.threads.back().blocked = time; break;
    case Slot::kCategoryShortest: trace_.categories.back().shortest = time; break;
    case Slot::kCostCollectorCpu: trace_.cost->collector_cpu = time; break;
    case Slot::kCostProcessCpu: trace_.cost->process_cpu = time; break;
    case Slot::kCostWall: trace_.cost->wall = time; break;
    case Slot::kFoldedDuration: trace_.folded.back().duration = time; break;
    case Slot::kFoldedLongest: trace_.folded.back().longest = time; break;
    case Slot::kLossFirst: trace_.losses.back().first = time; break;
    case Slot::kLossLast: trace_.losses.back().last = time; break;
    case Slot::kOpenBegin: trace_.open_spans.back().begin = time; break;
    default: break;
  }
}

void TraceAssembler::number(Slot slot, double value) {
  switch (slot) {
    case Slot::kDuration: row_.duration_us = value; break;
    case Slot::kTotalDuration: trace_.total_duration_us = value; break;
    case Slot::kCostRecorded: trace_.cost->recorded_ns = value; break;
    case Slot::kCostFolded: trace_.cost->folded_ns = value; break;
    case Slot::kCostSampledOut: trace_.cost->sampled_out_ns = value; break;
    default: break;
  }
}

bool TraceAssembler::text(Slot slot, std::string_view value) {
  switch (slot) {
    case Slot::kOperation: row_.op = intern_op(value); break;
    case Slot::kDevice: row_.device = intern_device(value); break;
    case Slot::kMetadataValue: *metadata_value_ = value; break;
    case Slot::kOriginClock: trace_.origin->clock = value; break;
    case Slot::kThreadName: trace_.threads.back().name = value; break;
    case Slot::kCategoryName: trace_.categories.back().name = value; break;
    case Slot::kFoldedOperation: trace_.folded.back().op = intern_op(value); break;
    case Slot::kFoldedDevice: trace_.folded.back().device = intern_device(value); break;
    case Slot::kLossDevice: trace_.losses.back().device = intern_device(value); break;
    case Slot::kOpenOperation: trace_.open_spans.back().op = intern_op(value); break;
    case Slot::kOpenDevice: trace_.open_spans.back().device = intern_device(value); break;
    case Slot::kLossCause: {
      const std::optional<LossCause> cause = cause_of(value);
      if (!cause) {
        std::string expected;
        for (const LossCause known : kLossCauses) {
          if (!expected.empty()) expected += known == kLossCauses.back() ? " or " : ", ";
          expected += quoted(name_of(known));
        }
        return refuse("expected " + expected + ", found " + quoted(value));
      }
      trace_.losses.back().cause = *cause;
      break;
    }
    default: break;
  }
  return true;
}

void TraceAssembler::truth(Slot slot, bool value) {
  switch (slot) {
    case Slot::kShapesDropped: shapes_dropped_ = value; break;
    case Slot::kCategoryRecorded: trace_.categories.back().recorded = value; break;
    case Slot::kCategoryGoverned: trace_.categories.back().governed = value; break;
    default: break;
  }
}

bool TraceAssembler::metadata_key(std::string_view key) {
  const auto [at, is_new] = trace_.metadata.try_emplace(std::string(key));
  metadata_value_ = &at->second;
  return is_new;
}

}  // namespace ringtail::inline v1
