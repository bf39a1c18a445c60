#include "fd_buffer.h"

#include <poll.h>
#include <unistd.h>
#include <cerrno>

namespace ringtail::cli {

FdBuffer::int_type FdBuffer::overflow(int_type c) {
  if (FdBuffer::sync() != 0) return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
  return traits_type::not_eof(c);
}

int FdBuffer::sync() {
  if (error_ != 0) return -1;
  const char* at = pbase();
  while (at != pptr()) {
    const ssize_t written = ::write(fd_, at, static_cast<std::size_t>(pptr() - at));
    if (written >= 0) {
      at += written;
    } else if (errno == EAGAIN) {
      pollfd room{fd_, POLLOUT, 0};
      ::poll(&room, 1, -1);  // whatever it says, write() says it better
    } else if (errno != EINTR) {
      error_ = errno;
      return -1;
    }
  }
  setp(bytes_.data(), bytes_.data() + bytes_.size());
  return 0;
}

}  // namespace ringtail::cli
