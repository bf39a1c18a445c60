#include "collect/merge.h"

#include <algorithm>
#include <array>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kDepths = 15;  // deeper spans share the last group
constexpr std::size_t kGroups = 2 * (kDepths + 1);

struct Key {
  std::int64_t begin_ns;
  std::uint64_t arrival;  // segment << 32 | row
  friend auto operator<=>(const Key&, const Key&) = default;
};

// Merges neighbouring ordered stretches until there is one. bounds[i] .. bounds[i + 1] is the i-th.
void merge_stretches(std::vector<Key>& keys, std::vector<std::size_t> bounds) {
  std::vector<Key> into(keys.size());
  while (bounds.size() > 2) {
    std::vector<std::size_t> merged{0};
    for (std::size_t i = 0; i + 1 < bounds.size(); i += 2) {
      const auto at = [&](std::size_t bound) { return keys.begin() + static_cast<std::ptrdiff_t>(bound); };
      const std::size_t end = i + 2 < bounds.size() ? bounds[i + 2] : bounds[i + 1];
      std::merge(at(bounds[i]), at(bounds[i + 1]), at(bounds[i + 1]), at(end),
                 into.begin() + static_cast<std::ptrdiff_t>(bounds[i]));
      merged.push_back(end);
    }
    keys.swap(into);
    bounds = std::move(merged);
  }
}

}  // namespace

std::vector<RowPlace> sorted_rows(std::span<const Segment* const> segments, const ClockMap& clock,
                                  std::int64_t origin_ns) {
  ClockMap::Cursor cursor(clock);
  std::array<std::vector<Key>, kGroups> groups;
  for (std::size_t number = 0; number < segments.size(); ++number) {
    const Segment& segment = *segments[number];
    for (const Row* row = segment.begin_row(); row != segment.end_row(); ++row) {
      if (is_note(*row)) continue;
      const Kind& kind = segment.chunk->kind(row->kind);
      const std::int64_t ns = kind.in_nanoseconds() ? from_ordered(row->begin) : cursor.to_ns(row->begin);
      const std::size_t group = 2 * std::min<std::size_t>(kind.depth(), kDepths) + (kind.in_nanoseconds() ? 1 : 0);
      groups[group].push_back({saturating_subtract(ns, origin_ns),
                               number << 32U | static_cast<std::uint64_t>(row - segment.chunk->rows())});
    }
  }
  std::vector<Key> keys;
  std::vector<std::size_t> bounds{0};
  for (std::vector<Key>& group : groups) {
    if (group.empty()) continue;
    if (!std::ranges::is_sorted(group)) std::ranges::sort(group);
    keys.insert(keys.end(), group.begin(), group.end());
    bounds.push_back(keys.size());
    group = {};
  }
  merge_stretches(keys, std::move(bounds));
  std::vector<RowPlace> places;
  places.reserve(keys.size());
  for (const Key& key : keys) {
    const Segment& segment = *segments[key.arrival >> 32U];
    places.push_back({key.begin_ns, segment.chunk->rows() + (key.arrival & 0xFFFF'FFFFU), &segment});
  }
  return places;
}

Merge::Merge(std::span<const Segment> segments, const ClockMap& clock, std::int64_t origin_ns)
    : clock_(clock), origin_ns_(origin_ns) {
  std::vector<Thread> by_id;
  for (const Segment& segment : segments) {
    if (segment.spans == 0) continue;
    if (index_of(segment.thread) >= by_id.size()) by_id.resize(index_of(segment.thread) + 1);
    by_id[index_of(segment.thread)].segments.push_back(&segment);
  }
  for (Thread& thread : by_id) {
    if (!thread.segments.empty()) threads_.push_back(std::move(thread));
  }
}

std::vector<Merge::Source> Merge::make_sources() {
  std::vector<Source> sources;
  sources.reserve(threads_.size());
  for (Thread& thread : threads_) {
    std::vector<RowPlace> sorted;
    if (thread.sort) sorted = sorted_rows(thread.segments, clock_, origin_ns_);
    sources.push_back({&thread, RowCursor(thread.segments, clock_, origin_ns_), std::move(sorted), {}});
  }
  return sources;
}

bool Merge::note_unordered(const std::vector<Source>& sources) {
  bool ordered = true;
  for (const Source& source : sources) {
    if (source.thread->sort || source.cursor.ordered()) continue;
    source.thread->sort = true;
    ordered = false;
  }
  return ordered;
}

}  // namespace ringtail::inline v1
