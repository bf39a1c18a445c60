// format/parallel.h
//
// The threads of this folder, hidden in two loops whose results do not depend on how many there were.
//
// Errors   Where a thread cannot be started the calling thread does its part. What `part`, `make` or `take` throws is
//          thrown by the call once all threads are joined; of several exceptions, the first. The other parts are done
//          nevertheless; no more texts are taken, and but for those begun none is made.
// Threads  All are joined before the call returns.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "format/text_buffer.h"

namespace ringtail::inline v1 {

// The hardware's threads, at least 1.
[[nodiscard]] std::size_t thread_count() noexcept;

// part(0), ..., part(count - 1), each on a thread of its own; the last on the calling one.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& part);

// make(i, text) for every i below `count`, on up to `threads` threads the calling one included, each with an empty
// text; and take(text) in the order of i on the calling thread, until it gives false. At most a few texts per thread
// wait to be taken, and their memory is used again.
void in_order(std::size_t count, std::size_t threads, const std::function<void(std::size_t, TextBuffer&)>& make,
              const std::function<bool(std::string_view)>& take);

}  // namespace ringtail::inline v1
