// format/canonical_reader.h
//
// Reads a whole file of the canonical layout, on all threads, or leaves it to the general reader.
//
// Problem  Finding structure in JSON takes most of the time of reading a trace, though nearly every trace has the
//          very layout that write_json gives it.
// Method   The file is cut where "    },\n    {" stands behind a line break, into as many parts as there are threads.
//          Each thread reads its part's entries (canonical_entries.h) block by block into rows and tables of its own.
//          Then the tables are joined part by part, and each thread writes its rows with their final ids. What stands
//          behind the entries is short: the general reader reads it.
// Right    A part counts only if it is entries to the letter and ends exactly where the next one begins; so together
//          they are the file, wherever it was cut. Names and signatures are numbered by first appearance in the
//          parts' order, which is the file's.
// Errors   None: what deviates in anything, what cannot be read and what there is no memory for is read again from
//          the start by the general reader.
// Cost     Beside the trace and the text: a block of 256 KiB for each thread, and until the parts are joined the rows
//          and signatures of the parts, as large as those of the trace.
#pragma once

#include <cstddef>
#include <optional>

#include "format/json_source.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// How a file is cut; tests cut small ones.
struct CanonicalCut {
  std::size_t parts = 0;                 // at most; 0: a thread for each MiB of the file, up to the hardware's
  std::size_t block_bytes = 256 * 1024;  // an entry must fit
};

[[nodiscard]] std::optional<Trace> read_canonical(const JsonSource& source, const CanonicalCut& cut = {});

}  // namespace ringtail::inline v1
