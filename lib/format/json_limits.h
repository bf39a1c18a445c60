// format/json_limits.h
//
// What the JSON format cannot say, so that nothing is written of a trace that has it. The .rtt format refuses the
// same, but for metadata: what a trace must not hold for its readers' sake.
//
// Errors   kUnsupported, with the JSON path of what it is.
#pragma once

#include <cstdint>
#include <optional>

#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

[[nodiscard]] std::optional<Error> find_unsupported(const Trace& trace);

// Its parts, for files that are written in parts: `first` is the first row's place among the file's entries.
[[nodiscard]] std::optional<Error> find_unsupported_row(const Trace& rows, std::uint64_t first);
[[nodiscard]] std::optional<Error> find_unsupported_rest(const Trace& trace);
// Its parts but for the metadata.
[[nodiscard]] std::optional<Error> find_unsupported_total(const Trace& trace);
[[nodiscard]] std::optional<Error> find_unsupported_state(const Trace& trace);

// Whether the rows' thread indices lie in the table of threads, which comes last.
class LargestThread {
 public:
  void see(const Trace& rows, std::uint64_t first);
  // Nothing also where there is no table.
  [[nodiscard]] std::optional<Error> find_stray(const Trace& with_threads) const;

 private:
  ThreadId thread_ = kNoThread;
  std::uint64_t at_ = 0;  // the first entry that has it
};

}  // namespace ringtail::inline v1
