// What a recording call may not do: throw, allocate. (System calls: hot_path_syscalls.cmake.)
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <type_traits>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"

namespace {
std::atomic<long> allocations{0};
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace ringtail::inline v1 {
namespace {

static_assert(std::is_nothrow_constructible_v<Scope, Recorder&, OpId, DeviceId>);
static_assert(std::is_nothrow_constructible_v<Scope, Recorder&, OpId, DeviceId, ShapeViews, ShapeView, unsigned>);
static_assert(std::is_nothrow_constructible_v<Scope, Recorder&, std::string_view, DeviceId>);
static_assert(std::is_nothrow_destructible_v<Scope>);
static_assert(noexcept(std::declval<Recorder&>().step(1)));
static_assert(noexcept(std::declval<Recorder&>().now()));
static_assert(noexcept(std::declval<Recorder&>().op("")));
static_assert(noexcept(std::declval<Recorder&>().device("")));
static_assert(noexcept(std::declval<Recorder&>().shapes(OpId{}, {}, {})));
static_assert(noexcept(std::declval<Recorder&>().complete(OpId{}, kNoDevice, CompleteSpan<Ticks>{})));
static_assert(noexcept(std::declval<Recorder&>().complete(OpId{}, kNoDevice, CompleteSpan<Nanoseconds>{})));
static_assert(noexcept(std::declval<Scope&>().shapes({}, {})));
static_assert(noexcept(std::declval<Scope&>().bytes(1)));
static_assert(noexcept(std::declval<Scope&>().queued_at(Ticks{})));

// Every kind of call, with names and shapes out of small sets.
void record(Recorder& recorder, OpId op, DeviceId device, std::uint64_t i) {
  static const char* const kNames[] = {"relu", "softmax",
                                       "a name that is too long for the small string optimization"};
  recorder.step(i);
  {
    const Scope bare(recorder, op, device);
    Scope full(recorder, op, device, {{4, i % 3}, {i % 3, 2}}, {4, 2}, 4);
    full.bytes(i);
  }
  {
    Scope named(recorder, kNames[i % 3], recorder.device("gpu:1"));
    named.shapes({{1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 4, 5, 6, 7, 8}, {2, 3, 4, 5, 6, 7, 8, 9, 10}}, {i % 5});
    named.queued_at(recorder.now());
  }
  recorder.complete(op, device, CompleteSpan<Ticks>{recorder.now(), recorder.now()});
  recorder.complete(op, device, CompleteSpan<Nanoseconds>{Nanoseconds{1}, Nanoseconds{2}});
}

TEST(HotPath, AllocatesNothingOnceNamesAndShapesWereSeen) {
  Session session({.ring_entries = 1'000, .collector_thread = false});  // most spans fold: that path counts as well
  const OpId op = session.op("matmul");
  const DeviceId device = session.device("gpu:0");
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (std::uint64_t i = 0; i < 15; ++i) record(recorder, op, device, i);
  const long before = allocations;
  for (std::uint64_t i = 0; i < 10'000; ++i) record(recorder, op, device, i);
  EXPECT_EQ(allocations - before, 0);
  EXPECT_GT(before, 0);  // the counting works
  const Trace trace = session.take_trace();
  EXPECT_EQ(trace.threads[0].attempted, 10'015U * 5);
  EXPECT_GT(trace.threads[0].folded, 0U);
}

}  // namespace
}  // namespace ringtail::inline v1
