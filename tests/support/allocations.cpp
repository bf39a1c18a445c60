#include "tests/support/allocations.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr long kNever = std::numeric_limits<long>::max();

// Relaxed, all: counters; a test that needs them exact has joined its threads.
std::atomic<long> count{0};
std::atomic<long> fail_from{kNever};
std::atomic<long> fail_to{kNever};
std::atomic<std::size_t> live{0};
std::atomic<std::size_t> peak{0};

bool refused() {
  const long number = count.fetch_add(1, std::memory_order_relaxed);
  return number >= fail_from.load(std::memory_order_relaxed) && number < fail_to.load(std::memory_order_relaxed);
}

void add(std::size_t bytes) {
  const std::size_t now = live.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::size_t most = peak.load(std::memory_order_relaxed);
  while (now > most && !peak.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
}

void* allocate(std::size_t size, std::size_t align) noexcept {
  if (refused()) return nullptr;
  size = size == 0 ? 1 : size;
  void* const memory = align == 0 ? std::malloc(size) : std::aligned_alloc(align, (size + align - 1) / align * align);
  if (memory != nullptr) add(malloc_usable_size(memory));
  return memory;
}

void* allocate_or_throw(std::size_t size, std::size_t align) {
  if (void* memory = allocate(size, align)) return memory;
  throw std::bad_alloc();
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  live.fetch_sub(malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}

std::size_t of(std::align_val_t alignment) { return static_cast<std::size_t>(alignment); }

}  // namespace

namespace ringtail::testing {

AllocationFaults::AllocationFaults(long from, long to) {
  count.store(0, std::memory_order_relaxed);
  fail_to.store(to, std::memory_order_relaxed);
  fail_from.store(from, std::memory_order_relaxed);
}

AllocationFaults::~AllocationFaults() { end(); }

long AllocationFaults::end() {
  fail_from.store(kNever, std::memory_order_relaxed);
  return count.load(std::memory_order_relaxed);
}

std::size_t live_bytes() { return live.load(std::memory_order_relaxed); }
std::size_t peak_bytes() { return peak.load(std::memory_order_relaxed); }
void reset_peak() { peak.store(live.load(std::memory_order_relaxed), std::memory_order_relaxed); }

}  // namespace ringtail::testing

void* operator new(std::size_t size) { return allocate_or_throw(size, 0); }
void* operator new[](std::size_t size) { return allocate_or_throw(size, 0); }
void* operator new(std::size_t size, std::align_val_t align) { return allocate_or_throw(size, of(align)); }
void* operator new[](std::size_t size, std::align_val_t align) { return allocate_or_throw(size, of(align)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 0); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 0); }
void* operator new(std::size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return allocate(size, of(align));
}
void* operator new[](std::size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return allocate(size, of(align));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
// Preempts the C library's for what is linked into this program; its own allocator does not come by here.
extern "C" void* mmap(void* at, std::size_t size, int protection, int flags, int file, off_t offset) noexcept {
  if (refused()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  const long memory = syscall(SYS_mmap, at, size, protection, flags, file, offset);
  if (memory == -1) return MAP_FAILED;
  add(size);
  return reinterpret_cast<void*>(memory);
}
extern "C" int munmap(void* at, std::size_t size) noexcept {
  live.fetch_sub(size, std::memory_order_relaxed);
  return static_cast<int>(syscall(SYS_munmap, at, size));
}
#endif
