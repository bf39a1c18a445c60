#include "collect/merge.h"

#include <algorithm>

namespace ringtail {

void order(std::vector<MergeKey>& keys, std::size_t threads) {
  // bounds[i] .. bounds[i + 1] is the i-th ordered group.
  std::vector<std::size_t> bounds(threads + 1, 0);
  for (const MergeKey& key : keys) ++bounds[index_of(key.thread) + 1];
  for (std::size_t i = 1; i < bounds.size(); ++i) bounds[i] += bounds[i - 1];
  std::vector<MergeKey> grouped(keys.size());
  std::vector<std::size_t> next(bounds.begin(), bounds.end() - 1);
  for (const MergeKey& key : keys) grouped[next[index_of(key.thread)]++] = key;

  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    const auto first = grouped.begin() + static_cast<std::ptrdiff_t>(bounds[i]);
    const auto last = grouped.begin() + static_cast<std::ptrdiff_t>(bounds[i + 1]);
    if (!std::is_sorted(first, last)) std::sort(first, last);
  }
  const auto duplicate = std::unique(bounds.begin(), bounds.end());  // groups without records
  bounds.erase(duplicate, bounds.end());

  while (bounds.size() > 2) {
    std::vector<std::size_t> merged{0};
    for (std::size_t i = 0; i + 1 < bounds.size(); i += 2) {
      const auto at = [&](std::size_t bound) { return grouped.begin() + static_cast<std::ptrdiff_t>(bound); };
      const std::size_t end = i + 2 < bounds.size() ? bounds[i + 2] : bounds[i + 1];
      std::merge(at(bounds[i]), at(bounds[i + 1]), at(bounds[i + 1]), at(end),
                 keys.begin() + static_cast<std::ptrdiff_t>(bounds[i]));
      merged.push_back(end);
    }
    grouped.swap(keys);
    bounds = std::move(merged);
  }
  keys.swap(grouped);
}

}  // namespace ringtail
