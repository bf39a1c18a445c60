// The ringtail program: standard streams around its commands.
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>

#include "command.h"
#include "commands.h"
#include "dispatch.h"
#include "fd_buffer.h"

namespace {

using ringtail::cli::Arguments;
using ringtail::cli::complain;
using ringtail::cli::dispatch;
using ringtail::cli::FdBuffer;
using ringtail::cli::kCommands;
using ringtail::cli::Streams;

// A file opened while a standard descriptor is closed would take its number, and receive what is printed. What
// takes the number here refuses every use, as the closed one would.
void occupy_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) == -1) static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that stops early is no failure: see EPIPE below
  std::signal(SIGXFSZ, SIG_IGN);  // past a limit of file size write() fails, and the file that was begun is removed
  std::ios::sync_with_stdio(false);
  FdBuffer out_buffer(STDOUT_FILENO);
  FdBuffer err_buffer(STDERR_FILENO);
  std::ostream out(&out_buffer);
  std::ostream err(&err_buffer);
  err << std::unitbuf;
  Streams io{std::cin, out, err};

  const int code = dispatch(kCommands, Arguments(argv + (argc > 0 ? 1 : 0), argv + argc), io);
  out.flush();
  if (out_buffer.error() != 0 && out_buffer.error() != EPIPE) {
    return complain(
        io, "standard output",
        {ringtail::ErrorCode::kIo, std::string("expected to write, found: ") + std::strerror(out_buffer.error())});
  }
  return code;
}
