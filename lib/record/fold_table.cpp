#include "ringtail/record/fold_table.h"

#include "record/basic_fold_table.h"

namespace ringtail {

template class BasicFoldTable<StdAtomics>;

}  // namespace ringtail
