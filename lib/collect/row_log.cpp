#include "collect/row_log.h"

#include <algorithm>
#include <new>
#include <utility>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kMostSpareBytes = std::size_t{64} << 20U;  // some four million spans
constexpr std::size_t kSpareShare = 8;  // one of so many bytes of the session's memory: others need it as well
constexpr std::uint64_t kSlices = 16;   // of a bound that lets the oldest go
constexpr std::size_t kSegmentBytes = sizeof(Segment) + 32;  // with what a deque adds
constexpr std::uint64_t kAnyNumber = ~std::uint64_t{0};

}  // namespace

RowLog::RowLog(MemoryBound& memory, Leave leave)
    : memory_(memory),
      leave_(std::move(leave)),
      most_spare_(std::min(kMostSpareBytes, memory.most() / kSpareShare) / Chunk::kBytes) {}

void RowLog::reset(Limits limits) {
  if (!scratch_.chunk) scratch_.chunk = std::make_shared<Chunk>(memory_);
  limits_ = limits;
  slice_ = limits.latest ? std::max<std::uint64_t>(limits.max_spans / kSlices, 1) : kAnyNumber;
  refused_.reset();
  clear();
  taken_ = 0;
}

void RowLog::use(Writer& writer, std::shared_ptr<Chunk> chunk) noexcept {
  writer.next_ = chunk->rows();
  writer.kinds_end_ = writer.lowest_kind_ = chunk->kinds_end();
  writer.cached_.fill(0);
  writer.chunk_ = std::move(chunk);
}

std::shared_ptr<Chunk> RowLog::new_chunk() {
  if (spare_.empty()) return std::make_shared<Chunk>(memory_);
  std::shared_ptr<Chunk> chunk = std::move(spare_.back());
  spare_.pop_back();
  return chunk;
}

void RowLog::recycle(std::shared_ptr<Chunk>&& chunk) noexcept {
  // Whoever else has it is of the collector's own (a writer, another segment), but for those that were lent.
  if (chunk.use_count() > 1 || chunk->lent || spare_.size() >= most_spare_) {
    chunk.reset();
    return;
  }
  try {
    spare_.push_back(std::move(chunk));
  } catch (const std::bad_alloc&) {  // then it is not kept
  }
}

void RowLog::grant(Writer& writer) noexcept {
  const std::uint64_t in_segment = writer.segment_->spans;
  const std::uint64_t in_log = limits_.latest ? slice_ : limits_.max_spans - std::min(spans_, limits_.max_spans);
  writer.granted_ = writer.left_ = std::min(in_log, slice_ - std::min(in_segment, slice_));
}

void RowLog::open_scratch(Writer& writer, ThreadId thread, LossCause why) noexcept {
  close(writer);
  if (writer.chunk_) recycle(std::move(writer.chunk_));
  use(writer, scratch_.chunk);
  scratch_.thread = thread;
  scratch_why_ = why;
  writer.in_scratch_ = true;
  writer.segment_ = &scratch_;
  writer.granted_ = writer.left_ = kAnyNumber;
}

// Requires: there is room by the bound. Throws std::bad_alloc; the writer has no segment then.
void RowLog::open_segment(Writer& writer, ThreadId thread, Nanoseconds now) {
  writer.left_ = 1;  // so that has_room() speaks of the chunk
  if (!writer.chunk_ || !writer.has_room()) {
    std::shared_ptr<Chunk> chunk = new_chunk();
    if (writer.chunk_) recycle(std::move(writer.chunk_));
    use(writer, std::move(chunk));
  }
  Segment& segment =
      memory_.spend(MemoryBound::For::kLog, kSegmentBytes, [this]() -> Segment& { return segments_.emplace_back(); });
  segment.thread = thread;
  segment.chunk = writer.chunk_;
  segment.first = segment.end = static_cast<std::uint32_t>(writer.next_ - writer.chunk_->rows());
  segment.opened_at = taken_;
  segment.opened = segment.last_append = now;
  segment.writer = &writer;
  writer.segment_ = &segment;
  grant(writer);
}

void RowLog::open(Writer& writer, ThreadId thread, Nanoseconds now) noexcept {
  while (limits_.latest && !segments_.empty() && spans_ + slice_ > limits_.max_spans) {
    evict_front(LossCause::kOverwritten);
  }
  if (refused_ || (limits_.latest ? limits_.max_spans == 0 : spans_ >= limits_.max_spans)) {
    open_scratch(writer, thread, refused_.value_or(LossCause::kMemoryBound));
    return;
  }
  while (true) {
    LossCause why = LossCause::kNoMemory;
    try {
      return open_segment(writer, thread, now);
    } catch (const OverBound&) {
      why = LossCause::kMemoryBound;
    } catch (const std::bad_alloc&) {
    }
    if (!limits_.latest || segments_.empty()) return open_scratch(writer, thread, why);
    evict_front(LossCause::kOverwritten);
  }
}

void RowLog::make_room(Writer& writer, ThreadId thread, Nanoseconds now) noexcept {
  commit(writer, now);
  if (const Segment* segment = writer.segment_; segment != nullptr) {
    const bool is_long = (limits_.latest && taken_ - segment->opened_at >= slice_) ||
                         (limits_.window.count() > 0 && now - segment->opened >= limits_.window / kSlices);
    if (!is_long && !refused_) {
      grant(writer);
      if (writer.has_room()) return;
    }
    close(writer);
  }
  open(writer, thread, now);
}

void RowLog::commit(Writer& writer, Nanoseconds now) noexcept {
  if (writer.segment_ == nullptr) return;
  Segment& segment = *writer.segment_;
  const std::uint64_t added = writer.granted_ - writer.left_;
  writer.granted_ = writer.left_ = 0;
  segment.end = static_cast<std::uint32_t>(writer.next_ - writer.chunk_->rows());
  segment.kinds = static_cast<std::uint32_t>(writer.kinds_end_ - writer.lowest_kind_);
  segment.has_gaps |= std::exchange(writer.has_gaps_, false);
  segment.spans += added;
  if (added > 0) segment.last_append = now;
  if (!writer.in_scratch_) {
    spans_ += added;
    taken_ += added;
    return;
  }
  writer.segment_ = nullptr;
  writer.in_scratch_ = false;
  writer.chunk_.reset();
  if (segment.spans > 0) leave_(segment, scratch_why_);
  segment.spans = 0;
  segment.has_gaps = false;
}

void RowLog::close(Writer& writer) noexcept {
  if (writer.segment_ != nullptr) writer.segment_->writer = nullptr;
  writer.segment_ = nullptr;
  writer.granted_ = writer.left_ = 0;
}

void RowLog::evict_front(LossCause cause) noexcept {
  Segment segment = std::move(segments_.front());
  if (segment.writer != nullptr) close(*segment.writer);
  segments_.pop_front();
  memory_.give(MemoryBound::For::kLog, kSegmentBytes);
  spans_ -= segment.spans;
  if (segment.spans > 0) leave_(segment, cause);
  recycle(std::move(segment.chunk));
}

void RowLog::expire(Nanoseconds now) noexcept {
  if (limits_.window.count() <= 0) return;
  while (!segments_.empty() && now - segments_.front().last_append > limits_.window) {
    evict_front(LossCause::kOverwritten);
  }
}

std::vector<Segment> RowLog::lend() {
  std::vector<Segment> lent(segments_.begin(), segments_.end());
  for (Segment& segment : lent) segment.chunk->lent = true;
  return lent;
}

void RowLog::clear() noexcept {
  for (Segment& segment : segments_) {
    if (segment.writer != nullptr) close(*segment.writer);
    recycle(std::move(segment.chunk));
  }
  memory_.give(MemoryBound::For::kLog, segments_.size() * kSegmentBytes);
  segments_.clear();
  spans_ = 0;
}

void RowLog::fold_all(LossCause cause) noexcept {
  while (!segments_.empty()) evict_front(cause);
}

}  // namespace ringtail::inline v1
