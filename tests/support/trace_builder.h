// Traces for tests, in one readable expression.
//
//     const Trace trace = TraceBuilder().on("gpu:0").span("a", 0ns, 10ns).span("b", 5ns, 20ns).build();
//
// on(), thread(), shapes(), bytes() and weight() hold for all that follows; steps count from 0. The accounts of the
// threads and the ledger follow what is said, so that the trace obeys the laws of check(); weights above 1 need a
// category or sampled_out() for that.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

class TraceBuilder {
 public:
  TraceBuilder& on(std::string device);    // the device of what follows
  TraceBuilder& on_no_device();            // as at the start
  TraceBuilder& thread(std::string name);  // the thread of what follows; without a call, spans have none
  TraceBuilder& shapes(std::vector<Shape> inputs, Shape output, std::uint32_t element_bytes = kDefaultElementBytes);
  TraceBuilder& bytes(std::uint64_t memory);  // whatever the shapes give; ended by shapes()
  TraceBuilder& weight(std::uint32_t spans);  // that each row stands for
  TraceBuilder& step(std::uint64_t next);     // of the next row only; those after it count on
  TraceBuilder& queued(Nanoseconds delay);    // of the next row only

  TraceBuilder& span(std::string op, Nanoseconds begin, Nanoseconds end);
  TraceBuilder& untimed(std::string op, Nanoseconds duration);  // as in a trace of the reference
  TraceBuilder& untimed_us(std::string op, double duration_us);
  TraceBuilder& entry(const TraceEntry& entry);  // as it is

  // `count` spans of `total` in sum that found the ring full, or were folded for another cause.
  TraceBuilder& folded(std::string op, std::uint64_t count, Nanoseconds total, std::uint64_t memory = 0,
                       LossCause cause = LossCause::kRingFull);

  TraceBuilder& category(const TraceCategory& category);
  // Requires: a thread.
  TraceBuilder& sampled_out(std::uint64_t count);

  [[nodiscard]] Trace build() const { return trace_; }

 private:
  TraceEntry next_entry(std::string op);
  [[nodiscard]] TraceThread* current_thread();

  Trace trace_;
  std::uint64_t step_ = 0;
  std::optional<std::string> device_;
  ThreadId thread_ = kNoThread;
  std::optional<Nanoseconds> queue_delay_;
  TraceEntry shaped_;  // the shapes, elements, bytes and weight of what follows
};

}  // namespace ringtail::inline v1
