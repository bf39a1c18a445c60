// benchmarks/peers/coprocess.h
//
// A program that one talks with line by line, on its standard input and output. When this one ends, by whatever way,
// the other finds the end of its input: that is how it knows that it has to end too.
//
// Errors   ask() gives an empty line when the program is not there.
// Threads  One at a time. What the program starts inherits the CPU of the thread that made this.
#pragma once

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

namespace ringtail::benchmarks {

class Coprocess {
 public:
  explicit Coprocess(std::string path) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const std::array<char*, 2> arguments = {path.data(), nullptr};
    if (posix_spawn(&child_, path.c_str(), &actions, nullptr, arguments.data(), environ) != 0) child_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    ours_ = ends[0];
  }

  ~Coprocess() {
    if (ours_ >= 0) close(ours_);
    if (child_ > 0) waitpid(child_, nullptr, 0);
  }
  Coprocess(const Coprocess&) = delete;
  Coprocess& operator=(const Coprocess&) = delete;

  // Sends a line, and gives the program's next one, without its end.
  std::string ask(std::string request) {
    request += '\n';
    if (send(ours_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
    std::string reply;
    for (char c = 0; recv(ours_, &c, 1, 0) == 1 && c != '\n';) reply += c;
    return reply;
  }

 private:
  pid_t child_ = -1;
  int ours_ = -1;
};

}  // namespace ringtail::benchmarks
