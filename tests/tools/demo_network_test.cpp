#include "tools/ringtail/demo/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tools/ringtail/demo/clusters.h"

namespace ringtail::demo {
namespace {

TEST(DemoNetwork, HasTheGradientThatFiniteDifferencesGive) {
  Network network({5, 7, 6, 3}, 11);
  const Clusters clusters(5, 3, 11);
  Batch batch;
  clusters.fill(batch, 9, 0, 0);
  Device device("gpu:0", Recorder());
  const double loss = network.forward_backward(device, batch);
  const std::vector<float> gradient(network.gradient().begin(), network.gradient().end());

  constexpr float kStep = 1e-3F;  // float32: smaller steps drown in rounding
  std::size_t compared = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    float& parameter = network.parameters()[i];
    const float value = parameter;
    parameter = value + kStep;
    const double slope_above = (network.forward_backward(device, batch) - loss) / static_cast<double>(kStep);
    parameter = value - kStep;
    const double slope_below = (loss - network.forward_backward(device, batch)) / static_cast<double>(kStep);
    parameter = value;
    if (std::abs(slope_above - slope_below) > 5e-3) continue;  // a kink of relu is in between
    ++compared;
    EXPECT_NEAR(static_cast<double>(gradient[i]), (slope_above + slope_below) / 2.0, 3e-3) << "parameter " << i;
  }
  EXPECT_GT(compared, gradient.size() * 9 / 10);
}

TEST(DemoNetwork, ComputesTheSameHoweverOftenItRepeatsItself) {
  Network once({6, 8, 4}, 3);
  Network often({6, 8, 4}, 3);
  const Clusters clusters(6, 4, 3);
  Batch batch;
  clusters.fill(batch, 10, 1, 2);
  Device fast("gpu:0", Recorder());
  Device slow("gpu:1", Recorder(), 2.5);
  EXPECT_EQ(once.forward_backward(fast, batch), often.forward_backward(slow, batch));
  EXPECT_TRUE(std::ranges::equal(once.gradient(), often.gradient()));
}

TEST(DemoNetwork, CountsTheWorkThatASlowDeviceRepeats) {
  Network network({8, 16, 4}, 3);
  const Clusters clusters(8, 4, 3);
  Batch batch;
  clusters.fill(batch, 16, 0, 0);
  Device fast("gpu:0", Recorder());
  Device slow("gpu:1", Recorder(), 2.5);
  network.forward_backward(fast, batch);
  network.forward_backward(slow, batch);
  EXPECT_EQ(2 * slow.multiply_adds(), 5 * fast.multiply_adds());  // all row counts are even
}

TEST(DemoClusters, MakeABatchFromItsPlaceAlone) {
  const Clusters a(8, 4, 5);
  const Clusters b(8, 4, 5);
  Batch first;
  Batch again;
  Batch other;
  a.fill(first, 16, 2, 7);
  b.fill(other, 16, 1, 7);
  b.fill(again, 16, 2, 7);
  EXPECT_EQ(first.inputs, again.inputs);
  EXPECT_EQ(first.labels, again.labels);
  EXPECT_NE(first.inputs, other.inputs);
}

}  // namespace
}  // namespace ringtail::demo
