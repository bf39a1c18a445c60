#include "tools/ringtail/fd_buffer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ostream>
#include <string>
#include <thread>

namespace ringtail::cli {
namespace {

TEST(FdBuffer, WaitsForRoomInAPipeThatSomebodyMadeNonBlocking) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  const std::string text(1'000'000, 'x');  // more than a pipe holds
  std::string read;
  std::thread reader([&] {
    char piece[4096];
    for (ssize_t count = 0; (count = ::read(ends[0], piece, sizeof piece)) > 0;) {
      read.append(piece, static_cast<std::size_t>(count));
    }
  });
  {
    FdBuffer buffer(ends[1]);
    std::ostream out(&buffer);
    out << text << std::flush;
    EXPECT_EQ(buffer.error(), 0);
  }
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  EXPECT_TRUE(read == text);
}

TEST(FdBuffer, RemembersWhyItFailedFirst) {
  void (*const handler)(int) = std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  FdBuffer buffer(ends[1]);
  std::ostream out(&buffer);
  out << "x" << std::flush;
  EXPECT_FALSE(out.good());
  EXPECT_EQ(buffer.error(), EPIPE);
  ::close(ends[1]);
  out.clear();
  out << std::flush;
  EXPECT_EQ(buffer.error(), EPIPE);
  std::signal(SIGPIPE, handler);
}

}  // namespace
}  // namespace ringtail::cli
