// tools/ringtail/demo/device.h
//
// A worker thread that stands for a device: runs operations as spans, and counts them apart from the runtime.
//
//     device.run("relu", {{64, 512}}, {64, 512}, [&] { relu(values); });
//
// Threads  One: the worker's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "demo/categories.h"
#include "demo/kernels.h"
#include "demo/tally.h"
#include "ringtail/record/recorder.h"
#include "ringtail/record/scope.h"

namespace ringtail::demo {

class Device {
 public:
  // `slowdown`: how often matrix products are computed, fractions by rows; at least 1.
  Device(std::string name, Recorder recorder, double slowdown = 1.0)
      : name_(std::move(name)), recorder_(std::move(recorder)), id_(recorder_.device(name_)), slowdown_(slowdown) {}

  void step(std::uint64_t number) { recorder_.step(number); }

  template <class Work>
  void run(std::string_view op, ShapeViews inputs, ShapeView output, Work work) {
    {
      const Scope scope(recorder_, recorder_.op(op, category_of(op)), id_, inputs, output, sizeof(float));
      work();
    }
    std::uint64_t elements = 1;
    for (const std::uint64_t dim : output.dims()) elements *= dim;
    tally_.add(op, name_, {1, elements * sizeof(float)});
  }

  // An operation that has no output of its own.
  template <class Work>
  void wait(std::string_view op, Work work) {
    {
      const Scope scope(recorder_, recorder_.op(op, category_of(op)), id_);
      work();
    }
    tally_.add(op, name_, {1, 0});
  }

  // `product` computes a range of the output's rows, of `inner` multiply-adds per element.
  template <class Product>
  void matmul(std::string_view op, ShapeViews inputs, ShapeView output, std::uint64_t inner, Product product) {
    const auto rows = static_cast<std::size_t>(output.dims()[0]);
    const std::uint64_t per_row = output.dims()[1] * inner;
    run(op, inputs, output, [&] {
      double left = slowdown_;
      for (; left >= 1.0; left -= 1.0) {
        product(RowRange{0, rows});
        multiply_adds_ += rows * per_row;
      }
      const auto part = static_cast<std::size_t>(left * static_cast<double>(rows));
      product(RowRange{0, part});
      multiply_adds_ += part * per_row;
    });
  }

  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] std::uint64_t multiply_adds() const { return multiply_adds_; }

 private:
  std::string name_;
  Recorder recorder_;
  DeviceId id_;
  double slowdown_;
  Tally tally_;
  std::uint64_t multiply_adds_ = 0;
};

}  // namespace ringtail::demo
