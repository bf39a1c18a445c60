// tools/ringtail/demo/network.h
//
// A multi-layer perceptron: matrix product, bias, relu per layer, softmax and cross entropy at the end.
//
// Parameters and gradient are one array each, laid out alike (per layer: weights, bias), so that an all-reduce and an
// optimizer need to know nothing about layers.
//
// Threads  One per network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "demo/device.h"

namespace ringtail::demo {

struct Batch {
  std::vector<float> inputs;          // a row per sample
  std::vector<std::uint32_t> labels;  // one per sample
};

class Network {
 public:
  // widths: inputs, hidden layers, classes. The same seed gives the same parameters.
  Network(const std::vector<std::size_t>& widths, std::uint64_t seed);

  // Mean loss of the batch; its gradient is in gradient() afterwards.
  double forward_backward(Device& device, const Batch& batch);

  [[nodiscard]] std::span<float> parameters() { return parameters_; }
  [[nodiscard]] std::span<float> gradient() { return gradient_; }
  [[nodiscard]] std::span<const float> parameters() const { return parameters_; }

 private:
  struct Layer {
    std::size_t inputs;
    std::size_t outputs;
    std::size_t weights_at;
    std::size_t bias_at;
    std::vector<float> activations;  // of the batch; of the last layer logits, then their gradient
    std::vector<float> gradient;     // of the inputs of this layer
  };

  double forward(Device& device, const Batch& batch);
  void backward(Device& device, const Batch& batch);

  std::vector<Layer> layers_;
  std::vector<float> parameters_;
  std::vector<float> gradient_;
};

}  // namespace ringtail::demo
