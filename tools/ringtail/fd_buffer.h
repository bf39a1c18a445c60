// tools/ringtail/fd_buffer.h
//
// A stream buffer that writes to a file descriptor and remembers why it failed, which std::filebuf does not say.
//
// Errors   A failed write makes the stream bad; error() is the errno of the first one. Interrupted and short
//          writes go on, and so do those to a pipe or terminal that somebody made non-blocking, when there is room.
#pragma once

#include <array>
#include <streambuf>

namespace ringtail::cli {

class FdBuffer : public std::streambuf {
 public:
  // The descriptor stays the caller's.
  explicit FdBuffer(int fd) : fd_(fd) { setp(bytes_.data(), bytes_.data() + bytes_.size()); }
  ~FdBuffer() override { FdBuffer::sync(); }
  FdBuffer(const FdBuffer&) = delete;
  FdBuffer& operator=(const FdBuffer&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] int error() const { return error_; }  // 0 while nothing failed

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  int fd_;
  int error_ = 0;
  std::array<char, 1U << 16U> bytes_;
};

}  // namespace ringtail::cli
