// tools/ringtail/demo/tally.h
//
// What the demo executed, counted by the demo itself, and the comparison with what its trace says.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "ringtail/trace/trace.h"

namespace ringtail::demo {

class Tally {
 public:
  struct Count {
    std::uint64_t spans = 0;
    std::uint64_t bytes = 0;
    friend bool operator==(const Count&, const Count&) = default;
  };
  using Key = std::pair<std::string, std::string>;  // op, device; no device is ""

  void add(std::string_view op, std::string_view device, Count count);
  void add(const Tally& other);

  [[nodiscard]] const std::map<Key, Count>& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t spans() const;

 private:
  std::map<Key, Count> counts_;
};

struct TallyComparison {
  std::uint64_t executed = 0;
  std::uint64_t recorded = 0;      // rows of the trace
  std::uint64_t folded = 0;        // in its folded totals
  std::uint64_t sampled_out = 0;   // counted by its threads
  std::uint64_t switched_off = 0;  // executed, in categories that the trace leaves out
  std::string first_difference;    // empty: equal
};

// Per op and device, spans and bytes are equal; of a category that was sampled the trace has at most as many, and of
// one that was switched off none (categories.h). In sum, every span that was executed is one of the four above.
[[nodiscard]] TallyComparison compare(const Tally& executed, const Trace& trace);

}  // namespace ringtail::demo
