#include "dispatch.h"

#include <algorithm>
#include <exception>
#include <new>

#include "command_line.h"

namespace ringtail::cli {
namespace {

void print_help(std::span<const Command> commands, std::ostream& out) {
  out << "ringtail records what the threads and devices of a program do, and says which\n"
         "one waits, for whom, and why.\n"
         "\n"
         "Usage: ringtail COMMAND [ARGUMENTS]\n"
         "\n"
         "Commands:\n";
  for (const Command& command : commands) {
    const std::string name = command.name;
    out << "  " << name << std::string(name.size() < 10 ? 10 - name.size() : 1, ' ') << command.summary << '\n';
  }
  out << "\n"
         "  ringtail COMMAND --help   the arguments of a command, with an example\n"
         "  ringtail --version\n"
         "\n"
         "- stands for standard input or output. Results go to standard output, messages\n"
         "to standard error. Files are written for their owner only (mode 0600).\n"
         "Exit: 0 done, 1 failed, 2 wrong command line, 4 --strict and something was lost.\n"
         "\n"
         "Example:\n"
         "  ringtail demo -o traces && ringtail analyze traces/trace.json\n";
}

}  // namespace

int dispatch(std::span<const Command> commands, const Arguments& arguments, Streams& io) {
  if (arguments.empty()) return complain_usage(io, "", "expected a command");
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h" || first == "help") {
    print_help(commands, io.out);
    return kDone;
  }
  if (first == "--version") {
    io.out << "ringtail " RINGTAIL_VERSION "\n";
    return kDone;
  }
  const auto named = [&first](const Command& command) { return first == command.name; };
  const auto command = std::ranges::find_if(commands, named);
  if (command == commands.end()) {
    return complain_usage(io, "", "expected a command, found " + ringtail::quoted(first));
  }
  try {
    return command->run(Arguments(arguments.begin() + 1, arguments.end()), io);
  } catch (const std::bad_alloc&) {
    return complain(io, "", {ErrorCode::kIo, "out of memory"});
  } catch (const std::exception& error) {
    return complain(io, "", {ErrorCode::kIo, error.what()});
  }
}

}  // namespace ringtail::cli
