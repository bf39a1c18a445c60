#include "demo/network.h"

#include <cmath>

#include "demo/kernels.h"
#include "demo/random.h"

namespace ringtail::demo {

Network::Network(const std::vector<std::size_t>& widths, std::uint64_t seed) {
  std::size_t at = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const std::size_t weights = widths[i] * widths[i + 1];
    layers_.push_back({widths[i], widths[i + 1], at, at + weights, {}, {}});
    at += weights + widths[i + 1];
  }
  parameters_.assign(at, 0.0F);
  gradient_.assign(at, 0.0F);
  Random random({seed, 1});
  for (const Layer& layer : layers_) {
    const float scale = std::sqrt(2.0F / static_cast<float>(layer.inputs));  // He 2015, for relu
    for (std::size_t i = layer.weights_at; i < layer.bias_at; ++i) parameters_[i] = scale * random.normal();
  }
}

double Network::forward_backward(Device& device, const Batch& batch) {
  const double loss = forward(device, batch);
  backward(device, batch);
  return loss;
}

double Network::forward(Device& device, const Batch& batch) {
  const std::size_t samples = batch.labels.size();
  const float* inputs = batch.inputs.data();
  for (Layer& layer : layers_) {
    layer.activations.resize(samples * layer.outputs);
    const float* weights = parameters_.data() + layer.weights_at;
    const std::span<const float> bias(parameters_.data() + layer.bias_at, layer.outputs);
    device.matmul("forward.matmul", {{samples, layer.inputs}, {layer.inputs, layer.outputs}},
                  {samples, layer.outputs}, layer.inputs, [&](RowRange rows) {
                    multiply(rows, {layer.inputs, layer.outputs}, inputs, weights, layer.activations.data());
                  });
    device.run("forward.bias", {{samples, layer.outputs}, {layer.outputs}}, {samples, layer.outputs},
               [&] { add_bias(layer.activations, bias); });
    if (&layer != &layers_.back()) {
      device.run("forward.relu", {{samples, layer.outputs}}, {samples, layer.outputs},
                 [&] { relu(layer.activations); });
    }
    inputs = layer.activations.data();
  }
  double loss = 0.0;
  Layer& last = layers_.back();
  device.run("softmax_cross_entropy", {{samples, last.outputs}, {samples}}, {samples, last.outputs},
             [&] { loss = softmax_cross_entropy(last.activations, batch.labels); });
  return loss;
}

void Network::backward(Device& device, const Batch& batch) {
  const std::size_t samples = batch.labels.size();
  const float* outputs_gradient = layers_.back().activations.data();
  for (std::size_t i = layers_.size(); i-- > 0;) {
    Layer& layer = layers_[i];
    const std::span<const float> from(outputs_gradient, samples * layer.outputs);
    const float* inputs = i == 0 ? batch.inputs.data() : layers_[i - 1].activations.data();
    device.matmul("backward.matmul", {{samples, layer.inputs}, {samples, layer.outputs}},
                  {layer.inputs, layer.outputs}, samples, [&](RowRange rows) {
                    multiply_first_transposed(rows, {samples, layer.outputs}, layer.inputs, inputs, from.data(),
                                              gradient_.data() + layer.weights_at);
                  });
    device.run("backward.bias", {{samples, layer.outputs}}, {layer.outputs}, [&] {
      sum_columns(from, {gradient_.data() + layer.bias_at, layer.outputs});
    });
    if (i == 0) return;  // nobody needs the gradient of the data
    layer.gradient.resize(samples * layer.inputs);
    const float* weights = parameters_.data() + layer.weights_at;
    device.matmul("backward.matmul", {{samples, layer.outputs}, {layer.inputs, layer.outputs}},
                  {samples, layer.inputs}, layer.outputs, [&](RowRange rows) {
                    multiply_second_transposed(rows, {layer.outputs, layer.inputs}, from.data(), weights,
                                               layer.gradient.data());
                  });
    device.run("backward.relu", {{samples, layer.inputs}, {samples, layer.inputs}}, {samples, layer.inputs},
               [&] { relu_backward(layers_[i - 1].activations, layer.gradient); });
    outputs_gradient = layer.gradient.data();
  }
}

}  // namespace ringtail::demo
