// Who may include whom: the stages of the data, and where each library of others may be seen.
#pragma once

#include "tests/layering/source_tree.h"

namespace ringtail::layering {

// Every #include of include/, lib/ and tools/ that the law in include_law.cpp does not allow, or that names
// nothing.
[[nodiscard]] Complaints broken_includes(const SourceTree& tree);

}  // namespace ringtail::layering
