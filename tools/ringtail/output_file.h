// tools/ringtail/output_file.h
//
// A file that is either whole or not there: written under a temporary name, OUT.NUMBER.tmp, in the same directory,
// and renamed when complete.
//
// Rights   0600 unless the caller says otherwise; the umask takes from them, as from those of any new file.
// Links    A symbolic link in the file's place is refused, not followed, whatever it points to, and one that appears
//          there meanwhile is replaced itself. Links among the directories of the path are followed.
// Disk     The bytes are on the disk before the file has its name (fsync): after a power failure the older file or
//          the whole new one is there, and what a full disk or a quota refuses late is an error, not an empty file.
// Errors   kIo with what was found there or what the system said. Whatever fails, the temporary file is removed and
//          an older file of the name is left as it was. Only a process that is killed leaves its .tmp, half a file.
#pragma once

#include <sys/types.h>
#include <functional>
#include <ostream>
#include <string>

#include "ringtail/base/result.h"

namespace ringtail::cli {

enum class Existing { kRefuse, kReplace };

inline constexpr mode_t kOwnerOnly = 0600;

// Only a regular file is ever replaced.
Status write_file(const std::string& path, Existing existing, const std::function<Status(std::ostream&)>& write,
                  mode_t mode = kOwnerOnly);

// Done when write_file could begin: nothing of the name is there, or it may be replaced.
Status check_writable(const std::string& path, Existing existing);

}  // namespace ringtail::cli
