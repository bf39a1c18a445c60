#include "tests/support/trace_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ringtail::inline v1 {
namespace {

// The element of the sorted list with the key of `fresh`, which is put there if none has it.
template <class T, class KeyOf>
T& at_key(std::vector<T>& list, const T& fresh, KeyOf key_of) {
  const auto at = std::ranges::lower_bound(list, key_of(fresh), {}, key_of);
  if (at != list.end() && key_of(*at) == key_of(fresh)) return *at;
  return *list.insert(at, fresh);
}

}  // namespace

TraceBuilder& TraceBuilder::on(std::string device) { return device_ = std::move(device), *this; }

TraceBuilder& TraceBuilder::on_no_device() { return device_.reset(), *this; }

TraceBuilder& TraceBuilder::thread(std::string name) {
  const auto known = std::ranges::find(trace_.threads, name, &TraceThread::name);
  thread_ = ThreadId{static_cast<std::uint32_t>(known - trace_.threads.begin())};
  if (known == trace_.threads.end()) trace_.threads.push_back({.name = std::move(name)});
  return *this;
}

TraceBuilder& TraceBuilder::shapes(std::vector<Shape> inputs, Shape output, std::uint32_t element_bytes) {
  const std::uint32_t weight = shaped_.weight;  // not a fact of the shapes
  shaped_ = TraceEntry{}.with_input_shapes(std::move(inputs)).with_output_shape(std::move(output), element_bytes);
  return this->weight(weight);
}

TraceBuilder& TraceBuilder::bytes(std::uint64_t memory) { return shaped_.memory_bytes = memory, *this; }

TraceBuilder& TraceBuilder::weight(std::uint32_t spans) { return shaped_.weight = spans, *this; }

TraceBuilder& TraceBuilder::step(std::uint64_t next) { return step_ = next, *this; }

TraceBuilder& TraceBuilder::queued(Nanoseconds delay) { return queue_delay_ = delay, *this; }

TraceBuilder& TraceBuilder::span(std::string op, Nanoseconds begin, Nanoseconds end) {
  TraceEntry made = next_entry(std::move(op)).with_duration(end - begin);
  made.begin = begin;
  return entry(made);
}

TraceBuilder& TraceBuilder::untimed(std::string op, Nanoseconds duration) {
  return untimed_us(std::move(op), to_microseconds(duration));
}

TraceBuilder& TraceBuilder::untimed_us(std::string op, double duration_us) {
  TraceEntry made = next_entry(std::move(op));
  made.duration_us = duration_us;
  return entry(made);
}

TraceBuilder& TraceBuilder::entry(const TraceEntry& entry) {
  trace_.add(entry);
  if (TraceThread* const thread = current_thread()) {
    ++thread->attempted;
    ++thread->recorded;
  }
  return *this;
}

TraceBuilder& TraceBuilder::folded(std::string op, std::uint64_t count, Nanoseconds total, std::uint64_t memory,
                                   LossCause cause) {
  const OpId op_id{trace_.op_names().intern(op)};
  const DeviceId device = device_ ? DeviceId{trace_.device_names().intern(*device_)} : kNoDevice;
  FoldedTotal& sum = at_key(trace_.folded, FoldedTotal{op_id, device},
                            [](const FoldedTotal& t) { return std::tuple(t.op, t.device); });
  sum.count += count;
  sum.duration += total;
  sum.bytes = saturating_add(sum.bytes, memory);
  sum.longest = std::max(sum.longest, total);
  Loss& loss = at_key(trace_.losses, Loss{thread_, device, cause},
                      [](const Loss& l) { return std::tuple(l.thread, l.device, l.cause); });
  loss.count += count;
  loss.last = std::max(loss.last, total);
  trace_.total_duration_us += to_microseconds(total);
  if (TraceThread* const thread = current_thread()) {
    thread->attempted += count;
    thread->folded += count;
  }
  return *this;
}

TraceBuilder& TraceBuilder::category(const TraceCategory& category) {
  trace_.categories.push_back(category);
  return *this;
}

TraceBuilder& TraceBuilder::sampled_out(std::uint64_t count) { return current_thread()->sampled_out += count, *this; }

TraceEntry TraceBuilder::next_entry(std::string op) {
  TraceEntry made = shaped_;
  made.step = step_++;
  made.operation = std::move(op);
  made.device = device_;
  made.thread = thread_;
  made.queue_delay = std::exchange(queue_delay_, std::nullopt);
  return made;
}

TraceThread* TraceBuilder::current_thread() {
  return thread_ == kNoThread ? nullptr : &trace_.threads[index_of(thread_)];
}

}  // namespace ringtail::inline v1
