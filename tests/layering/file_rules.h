// What every source file owes its reader, whatever is in it.
#pragma once

#include "tests/layering/source_tree.h"

namespace ringtail::layering {

inline constexpr std::size_t kMostLines = 500;

// Files of more than kMostLines lines.
[[nodiscard]] Complaints too_long(const SourceTree& tree);

inline constexpr std::size_t kMostColumns = 118;  // of .clang-format, which leaves comments as they are

// Lines of C++ with more than kMostColumns characters, but for those of code with a string and those with a URL.
[[nodiscard]] Complaints too_wide(const SourceTree& tree);

// Public headers whose first line is not a comment with their own name, as in "// ringtail/trace/trace.h",
// and headers of any kind without #pragma once.
[[nodiscard]] Complaints unheaded(const SourceTree& tree);

// Public headers whose manual, the first comment block, has a section within a line, as in
// "// otherwise. Threads  any": a reflow of comments joined it to the sentence before.
[[nodiscard]] Complaints joined_sections(const SourceTree& tree);

// Sources in lib and tools that have a header of the same name and do not include it before all others; it
// would not be known to compile alone.
[[nodiscard]] Complaints own_header_not_first(const SourceTree& tree);

// Public headers that would not be installed, and sources that would not be compiled, because no
// CMakeLists.txt names them.
[[nodiscard]] Complaints unlisted(const SourceTree& tree);

// Tests that the table of tests/README.md names, as in `Fork.*` or `tool.is_hardened`, and that no source or
// CMakeLists.txt under tests has. A name of two parts is one of a test unless it is that of a file that is there,
// which stands for itself.
[[nodiscard]] Complaints unknown_tests(const SourceTree& tree);

}  // namespace ringtail::layering
