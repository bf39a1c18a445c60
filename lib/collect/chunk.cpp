#include "collect/chunk.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "collect/pages.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kPage = 4'096;
constexpr std::size_t kTaken = Chunk::kBytes + 128;  // with what points at it

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // since Linux 5.14; headers may be older than the kernel
#endif

}  // namespace

void populate(void* first, std::size_t bytes) noexcept {
  const std::size_t before = reinterpret_cast<std::uintptr_t>(first) % kPage;  // of its page
  const std::size_t pages = (before + bytes + kPage - 1) / kPage;
  madvise(static_cast<std::byte*>(first) - before, pages * kPage, MADV_POPULATE_WRITE);  // a wish: see pages.h
}

Chunk::Chunk(MemoryBound& bound) : bound_(bound) {
  void* const memory = bound.spend(MemoryBound::For::kLog, kTaken, [] {
    void* const mapped = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    return mapped;
  });
  memory_ = static_cast<std::byte*>(memory);
  populate(memory_, kBytes);
}

Chunk::~Chunk() {
  munmap(memory_, kBytes);
  bound_.give(MemoryBound::For::kLog, kTaken);
}

}  // namespace ringtail::inline v1
