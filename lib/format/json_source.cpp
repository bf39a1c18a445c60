#include "format/json_source.h"

#include <unistd.h>

#include <cerrno>

namespace ringtail::inline v1 {

bool JsonSource::read(std::uint64_t offset, char* to, std::size_t count) const {
  if (file_ < 0) {
    text_.copy(to, count, static_cast<std::size_t>(offset));
    return true;
  }
  while (count > 0) {
    const ssize_t got = pread(file_, to, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace ringtail::inline v1
