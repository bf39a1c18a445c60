// tools/ringtail/bench/report.h
//
// The measured rows as a table for people and as JSON for programs.
//
// JSON     One object. A row's key holds its median; "latency" the percentiles of spans timed one by one, "ratios" ns
//          rows as multiples of two clock reads and rates as multiples of one producer's, "spread" the smallest and
//          largest round, "folded" the share of spans that were only counted, and "environment" what the figures
//          depend on.
//          Without a second CPU "core_to_core_ns" and "pinning" are null.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "bench/cases.h"
#include "bench/machine.h"

namespace ringtail::overhead {

struct Report {
  Workload workload;
  std::vector<Row> rows;
  Machine machine;
  std::string load_before;
  std::string load_after;
};

// Requires, for both: report.rows has two_clock_reads_ns.
void write_text(const Report& report, std::ostream& out);
void write_json(const Report& report, std::ostream& out);

}  // namespace ringtail::overhead
