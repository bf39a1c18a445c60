// tools/ringtail/demo/clusters.h
//
// Data that can be learned: every class is a cloud around a centre of its own. Any sample of any batch is
// made from the seed, the rank and the step alone, so it does not matter who makes it and when.
//
// Threads  const: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "demo/network.h"

namespace ringtail::demo {

class Clusters {
 public:
  Clusters(std::size_t features, std::size_t classes, std::uint64_t seed);

  // Requires: inputs has samples * features elements.
  void fill(Batch& batch, std::size_t samples, std::size_t rank, std::uint64_t step) const;

  [[nodiscard]] std::size_t features() const { return features_; }

 private:
  std::size_t features_;
  std::size_t classes_;
  std::uint64_t seed_;
  std::vector<float> centres_;  // a row per class
};

}  // namespace ringtail::demo
