#include "format/lanes.h"

namespace ringtail::inline v1 {
namespace {

void pop_ended(std::vector<std::uint64_t>& stack, std::uint64_t now) {
  while (!stack.empty() && stack.back() <= now) stack.pop_back();
}

}  // namespace

std::size_t Lanes::place(std::uint64_t begin, std::uint64_t end) {
  if (stacks_.empty()) stacks_.emplace_back();
  Stack& first = stacks_.front();
  pop_ended(first, begin);
  if (first.empty() || first.back() >= end) {
    first.push_back(end);
    return 0;
  }
  while (!tops_.empty() && tops_.begin()->first <= begin) {
    const std::size_t lane = tops_.begin()->second;
    tops_.erase(tops_.begin());
    pop_ended(stacks_[lane], begin);
    if (stacks_[lane].empty()) {
      empty_.insert(lane);
    } else {
      tops_.emplace(stacks_[lane].back(), lane);
    }
  }
  std::size_t lane = stacks_.size();
  if (const auto around = tops_.lower_bound({end, 0}); around != tops_.end()) {
    lane = around->second;
    tops_.erase(around);
  } else if (!empty_.empty()) {
    lane = *empty_.begin();
    empty_.erase(empty_.begin());
  } else {
    stacks_.emplace_back();
  }
  stacks_[lane].push_back(end);
  tops_.emplace(end, lane);
  return lane;
}

}  // namespace ringtail::inline v1
