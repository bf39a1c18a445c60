#include "command.h"
#include "printable.h"

namespace ringtail::cli {

int complain(Streams& io, std::string_view file, const Error& error) {
  // A place in the file joins its name, as compilers write it: FILE:WHERE.
  const bool has_place = error.message.starts_with("byte ") || error.message.starts_with("line ");
  io.err << "ringtail: ";
  if (!file.empty()) io.err << printable(file) << (has_place ? ":" : ": ");
  io.err << printable(error.message) << '\n';
  return kFailed;
}

}  // namespace ringtail::cli
