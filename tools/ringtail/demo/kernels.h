// tools/ringtail/demo/kernels.h
//
// The arithmetic of a small neural network in float32, row by row: plain loops that a compiler vectorizes.
//
// Matrices are row-major without padding. `rows` ranges let a caller compute a part, or a part once more:
// every call overwrites its rows, so repeating one changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtail::demo {

struct RowRange {
  std::size_t first;
  std::size_t last;  // one past
};

struct MatrixSizes {
  std::size_t inner;
  std::size_t columns;  // of the result
};

// c[i][j] = sum over k of a[i][k] * b[k][j].
void multiply(RowRange rows, MatrixSizes sizes, const float* a, const float* b, float* c);

// c[i][j] = sum over k of a[k][i] * b[k][j]; `a` has `a_columns` columns.
void multiply_first_transposed(RowRange rows, MatrixSizes sizes, std::size_t a_columns, const float* a,
                               const float* b, float* c);

// c[i][j] = sum over k of a[i][k] * b[j][k].
void multiply_second_transposed(RowRange rows, MatrixSizes sizes, const float* a, const float* b, float* c);

// Adds the bias to every row.
void add_bias(std::span<float> values, std::span<const float> bias);

// gradient[j] = sum of column j.
void sum_columns(std::span<const float> values, std::span<float> gradient);

// Negative values become 0.
void relu(std::span<float> values);

// Gradients of values that relu made 0 become 0.
void relu_backward(std::span<const float> activations, std::span<float> gradient);

// Mean cross entropy of softmax(logits) against the labels; logits are replaced by the gradient of that mean.
// Requires: logits.size() == labels.size() * classes.
[[nodiscard]] double softmax_cross_entropy(std::span<float> logits, std::span<const std::uint32_t> labels);

// velocity = momentum * velocity + scale * gradient; parameters -= rate * velocity.
struct SgdSettings {
  float rate = 0.05F;
  float momentum = 0.9F;
};
void sgd(std::span<float> parameters, std::span<float> velocity, std::span<const float> gradient, float scale,
         SgdSettings settings);

}  // namespace ringtail::demo
