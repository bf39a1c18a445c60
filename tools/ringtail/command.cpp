#include "command.h"

namespace ringtail::cli {

int complain(Streams& io, std::string_view file, const Error& error) {
  io.err << "ringtail: ";
  if (!file.empty()) io.err << file << ": ";
  io.err << error.message << "\n";
  return kFailed;
}

}  // namespace ringtail::cli
