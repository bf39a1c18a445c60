// tools/ringtail/output_file.h
//
// A file that is either whole or not there: written under a temporary name in the same directory, mode 0600,
// and renamed when complete.
//
// Errors   kIo with what was found there or what the system said. Whatever fails, the temporary file is removed and
//          an older file of the name is left as it was.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "ringtail/base/result.h"

namespace ringtail::cli {

enum class Existing { kRefuse, kReplace };

// Only a regular file is ever replaced; a link is followed.
Status write_file(const std::string& path, Existing existing, const std::function<Status(std::ostream&)>& write);

// Done when write_file could begin: nothing of the name is there, or it may be replaced.
Status check_writable(const std::string& path, Existing existing);

}  // namespace ringtail::cli
