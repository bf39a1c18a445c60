// ringtail/trace/column.h
//
// The vector that a trace's columns are.
//
// Shape    A std::vector whose resize() leaves new elements uninitialized: a column of millions of rows that is about
//          to be written is not written twice.
// Cost     Columns of 1.5 MiB and more ask for huge pages: new memory then costs a third per byte
//          (benchmarks/README.md). The last one may be a quarter unused.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringtail::inline v1 {

// What a column may take beyond its elements, in bytes: at most a third of these.
inline constexpr std::size_t kMostColumnSlack = std::size_t{512} << 10U;

// Memory for a column, aligned to huge pages where it is large. Throws std::bad_alloc.
[[nodiscard]] void* allocate_column(std::size_t bytes);
void free_column(void* memory, std::size_t bytes) noexcept;

template <class T>
struct ColumnAllocator {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignof(std::max_align_t));
  using value_type = T;

  ColumnAllocator() = default;
  template <class U>
  ColumnAllocator(const ColumnAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): allocators rebind

  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(allocate_column(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t count) noexcept { free_column(memory, count * sizeof(T)); }

  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;  // default-initialized: left as it is
  }
  template <class U, class... Args>
  void construct(U* at, Args&&... args) {
    ::new (static_cast<void*>(at)) U(std::forward<Args>(args)...);
  }

  friend bool operator==(const ColumnAllocator&, const ColumnAllocator&) noexcept { return true; }
};

template <class T>
using Column = std::vector<T, ColumnAllocator<T>>;

}  // namespace ringtail::inline v1
