// tools/ringtail/demo/sum_check.h
//
// Is what an all-reduce left really the sum? Keeps every worker's array from before, adds them plainly, in
// rank order and double precision, and compares.
//
// Each worker checks the part of the result whose share it is, so that checking every round costs little.
//
// Threads  keep(), largest_error(): one per rank. keep() comes before the all-reduce of its round and
//          largest_error() after it, so the all-reduce orders the copies before the checks; copies alternate
//          between two places, so that the next round does not overwrite what is still being compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtail::demo {

class SumCheck {
 public:
  SumCheck(std::size_t workers, std::size_t elements);

  void keep(std::size_t rank, std::uint64_t round, std::span<const float> array);

  // Largest |sum - plain sum| / sum of |parts| over the rank's share of the elements; 0 for none.
  [[nodiscard]] double largest_error(std::size_t rank, std::uint64_t round, std::span<const float> sum) const;

  // What rounding to float at each of the additions can make of it, at most.
  [[nodiscard]] double tolerance() const;

 private:
  std::size_t workers_;
  std::size_t elements_;
  std::vector<std::vector<float>> kept_[2];  // by parity of the round, then by rank
};

}  // namespace ringtail::demo
