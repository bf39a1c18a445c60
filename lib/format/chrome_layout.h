// Where every row of a trace stands in a Chrome trace: its process, its row there, and its times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

struct ChromeRow {
  std::size_t process = 0;  // index into ChromeLayout::processes
  std::string name;         // unescaped
};

struct ChromeEvent {
  std::size_t row = 0;         // of the trace
  std::size_t chrome_row = 0;  // index into ChromeLayout::rows
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
};

struct ChromeLayout {
  std::vector<DeviceId> processes;  // devices with rows, by name in byte order, "no device" last
  std::vector<ChromeRow> rows;      // by process, then thread, then lane; rows without times last
  std::vector<ChromeEvent> events;  // by process and thread, then begin ascending and end descending
  std::uint64_t ts_shift_ns = 0;    // added to every begin
  std::size_t untimed = 0;          // trace rows whose place is synthetic
  std::size_t durations_cut = 0;
};

[[nodiscard]] ChromeLayout chrome_layout(const Trace& trace);

}  // namespace ringtail::inline v1
