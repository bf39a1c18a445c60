// lib/collect/pages.h
//
// Memory that is new to the process costs a page fault per page, about as much as recording thirty spans. Taken many
// at a time they cost a third less, and on another thread nothing.
#pragma once

#include <cstddef>

namespace ringtail::inline v1 {

// Makes the pages of [first, first + bytes) that are not there yet, without changing any. A kernel that cannot
// (Linux before 5.14) leaves them to be made when they are written.
void populate(void* first, std::size_t bytes) noexcept;

}  // namespace ringtail::inline v1
