#include "demo/clusters.h"

#include "demo/random.h"

namespace ringtail::demo {
namespace {

// Distance of the centres against the width of the clouds: learned within tens of steps, not at once.
constexpr float kCentreScale = 0.35F;

}  // namespace

Clusters::Clusters(std::size_t features, std::size_t classes, std::uint64_t seed)
    : features_(features), classes_(classes), seed_(seed), centres_(classes * features) {
  Random random({seed, 2});
  for (float& value : centres_) value = kCentreScale * random.normal();
}

void Clusters::fill(Batch& batch, std::size_t samples, std::size_t rank, std::uint64_t step) const {
  batch.inputs.resize(samples * features_);
  batch.labels.resize(samples);
  Random random({seed_, 3, rank, step});
  for (std::size_t i = 0; i < samples; ++i) {
    const std::size_t label = random.next() % classes_;
    batch.labels[i] = static_cast<std::uint32_t>(label);
    for (std::size_t j = 0; j < features_; ++j) {
      batch.inputs[i * features_ + j] = centres_[label * features_ + j] + random.normal();
    }
  }
}

}  // namespace ringtail::demo
