#include "ringtail/record/fold_table.h"

#include "record/basic_fold_table.h"

namespace ringtail::inline v1 {

template class BasicFoldTable<StdAtomics>;

}  // namespace ringtail::inline v1
