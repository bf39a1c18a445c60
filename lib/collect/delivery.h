// lib/collect/delivery.h
//
// Hands a run's spans to the session's sink, batch by batch, until it fails. Threads: one at a time (the collector's
// mutex).
#pragma once

#include <cstdint>
#include <string>

#include "collect/harvest.h"
#include "record/registry.h"
#include "ringtail/base/clock.h"
#include "ringtail/trace/sink.h"

namespace ringtail::inline v1 {

class Delivery {
 public:
  Delivery(Registry& registry, Clock::Source source, Sink sink)
      : registry_(registry), source_(source), sink_(std::move(sink)) {}

  [[nodiscard]] bool wanted() const noexcept { return static_cast<bool>(sink_); }

  // A new run. Throws std::bad_alloc, and has changed nothing then.
  void begin();

  // The harvest's rows and accounts as of now, if there are rows or the rest is not what it was. kFailed: the sink
  // failed, now or before. kNoMemory: it was not called; it is next time.
  enum class Outcome : std::uint8_t { kDelivered, kNoMemory, kFailed };
  [[nodiscard]] Outcome deliver(const Harvest& harvest) noexcept;

  // Durations of all rows that the sink took in this run, each as often as its weight says.
  [[nodiscard]] double delivered_us() const noexcept { return delivered_us_; }

  // What take_trace() will give.
  void finish(const Trace& end) noexcept;

  // As if the sink had said it.
  void fail(const char* what) noexcept;

  // What the sink said in this run; empty if nothing.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  template <class Call>
  void guarded(const Call& call) noexcept;
  [[nodiscard]] bool has_news(const Harvest& harvest);

  Registry& registry_;
  const Clock::Source source_;
  const Sink sink_;
  Trace batch_;  // its tables grow over the run
  std::vector<OpenSpan> open_spans_;
  std::uint64_t attempted_ = 0;
  Nanoseconds told_{0};  // when there was news last, CLOCK_MONOTONIC
  double delivered_us_ = 0.0;
  bool failed_ = false;
  std::string error_;
};

}  // namespace ringtail::inline v1
