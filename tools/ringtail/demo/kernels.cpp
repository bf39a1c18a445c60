#include "demo/kernels.h"

#include <algorithm>
#include <cmath>

namespace ringtail::demo {

void multiply(RowRange rows, MatrixSizes sizes, const float* a, const float* b, float* c) {
  for (std::size_t i = rows.first; i < rows.last; ++i) {
    float* __restrict row = c + i * sizes.columns;
    std::fill_n(row, sizes.columns, 0.0F);
    for (std::size_t k = 0; k < sizes.inner; ++k) {
      const float factor = a[i * sizes.inner + k];
      const float* __restrict from = b + k * sizes.columns;
      for (std::size_t j = 0; j < sizes.columns; ++j) row[j] += factor * from[j];
    }
  }
}

void multiply_first_transposed(RowRange rows, MatrixSizes sizes, std::size_t a_columns, const float* a,
                               const float* b, float* c) {
  for (std::size_t i = rows.first; i < rows.last; ++i) {
    float* __restrict row = c + i * sizes.columns;
    std::fill_n(row, sizes.columns, 0.0F);
    for (std::size_t k = 0; k < sizes.inner; ++k) {
      const float factor = a[k * a_columns + i];
      const float* __restrict from = b + k * sizes.columns;
      for (std::size_t j = 0; j < sizes.columns; ++j) row[j] += factor * from[j];
    }
  }
}

void multiply_second_transposed(RowRange rows, MatrixSizes sizes, const float* a, const float* b, float* c) {
  // Eight sums side by side: a compiler may not reorder one floating-point sum into them by itself.
  constexpr std::size_t kSums = 8;
  const std::size_t whole = sizes.inner - sizes.inner % kSums;
  for (std::size_t i = rows.first; i < rows.last; ++i) {
    const float* __restrict left = a + i * sizes.inner;
    for (std::size_t j = 0; j < sizes.columns; ++j) {
      const float* __restrict right = b + j * sizes.inner;
      float sums[kSums] = {};
      for (std::size_t k = 0; k < whole; k += kSums) {
        for (std::size_t s = 0; s < kSums; ++s) sums[s] += left[k + s] * right[k + s];
      }
      float sum = 0.0F;
      for (const float part : sums) sum += part;
      for (std::size_t k = whole; k < sizes.inner; ++k) sum += left[k] * right[k];
      c[i * sizes.columns + j] = sum;
    }
  }
}

void add_bias(std::span<float> values, std::span<const float> bias) {
  for (std::size_t at = 0; at < values.size(); at += bias.size()) {
    for (std::size_t j = 0; j < bias.size(); ++j) values[at + j] += bias[j];
  }
}

void sum_columns(std::span<const float> values, std::span<float> gradient) {
  std::ranges::fill(gradient, 0.0F);
  for (std::size_t at = 0; at < values.size(); at += gradient.size()) {
    for (std::size_t j = 0; j < gradient.size(); ++j) gradient[j] += values[at + j];
  }
}

void relu(std::span<float> values) {
  for (float& value : values) value = std::max(value, 0.0F);
}

void relu_backward(std::span<const float> activations, std::span<float> gradient) {
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (activations[i] <= 0.0F) gradient[i] = 0.0F;
  }
}

double softmax_cross_entropy(std::span<float> logits, std::span<const std::uint32_t> labels) {
  const std::size_t classes = logits.size() / labels.size();
  const float share = 1.0F / static_cast<float>(labels.size());
  double loss = 0.0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<float> row = logits.subspan(i * classes, classes);
    const float largest = *std::ranges::max_element(row);  // keeps exp() from overflowing
    const float right = row[labels[i]] - largest;
    float sum = 0.0F;
    for (float& value : row) sum += value = std::exp(value - largest);
    loss += static_cast<double>(std::log(sum) - right);
    for (float& value : row) value *= share / sum;
    row[labels[i]] -= share;
  }
  return loss / static_cast<double>(labels.size());
}

void sgd(std::span<float> parameters, std::span<float> velocity, std::span<const float> gradient, float scale,
         SgdSettings settings) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    velocity[i] = settings.momentum * velocity[i] + scale * gradient[i];
    parameters[i] -= settings.rate * velocity[i];
  }
}

}  // namespace ringtail::demo
