#include "format/chrome_layout.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "format/lanes.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::uint64_t kLatestNs = std::uint64_t{1} << 62U;  // leaves viewers room to add in 64 bits
constexpr std::uint32_t kUntimed = 0xFFFF'FFFF;               // the lane group of rows without a begin, sorted last

// A trace row on its way to a place.
struct Placed {
  std::uint32_t process = 0;
  std::uint32_t group = 0;  // thread + 1, 0 without a thread, kUntimed without a begin
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
  std::size_t row = 0;
};

std::vector<DeviceId> processes_of(const Trace& trace, std::vector<std::uint32_t>& process_of_device) {
  const std::uint32_t devices = trace.device_names().size();
  std::vector<char> used(std::size_t{devices} + 1);  // the last is no device
  for (const DeviceId device : trace.columns().device) used[std::min(index_of(device), devices)] = 1;
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 0; id < devices; ++id) {
    if (used[id] != 0) ids.push_back(id);
  }
  std::ranges::sort(ids, {}, [&](std::uint32_t id) { return trace.device_names().at(id); });
  process_of_device.assign(used.size(), 0);
  std::vector<DeviceId> processes;
  for (const std::uint32_t id : ids) {
    process_of_device[id] = static_cast<std::uint32_t>(processes.size());
    processes.push_back(DeviceId{id});
  }
  if (used[devices] != 0) {
    process_of_device[devices] = static_cast<std::uint32_t>(processes.size());
    processes.push_back(kNoDevice);
  }
  return processes;
}

// The duration as nanoseconds that end no later than kLatestNs; `cut` when that changes it.
std::uint64_t duration_ns(double us, std::uint64_t begin_ns, bool& cut) {
  const std::uint64_t room = kLatestNs - begin_ns;
  const double ns = std::nearbyint(us * 1e3);
  cut = !(ns >= 0.0 && ns <= static_cast<double>(room));
  if (cut) return ns > 0.0 ? room : 0;
  return std::min(static_cast<std::uint64_t>(ns), room);
}

std::string name_of_group(const Trace& trace, std::uint32_t group) {
  if (group == kUntimed) return "no start times";
  if (group == 0) return "spans";
  const std::uint32_t thread = group - 1;
  if (thread < trace.threads.size() && !trace.threads[thread].name.empty()) return trace.threads[thread].name;
  return "thread " + std::to_string(thread);
}

std::vector<Placed> place_in_time(const Trace& trace, ChromeLayout& layout) {
  std::vector<std::uint32_t> process_of_device;
  layout.processes = processes_of(trace, process_of_device);
  const Trace::Columns& columns = trace.columns();
  std::int64_t earliest = 0;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    const std::int64_t begin = columns.begin_ns.at(row);
    if (begin != kNoTime) earliest = std::min(earliest, begin);
  }
  layout.ts_shift_ns = std::uint64_t{0} - static_cast<std::uint64_t>(earliest);
  std::vector<std::uint64_t> end_of_untimed(layout.processes.size());
  std::vector<Placed> placed;
  placed.reserve(trace.size());
  const auto none = static_cast<std::uint32_t>(process_of_device.size() - 1);
  for (std::size_t row = 0; row < trace.size(); ++row) {
    Placed at;
    at.row = row;
    at.process = process_of_device[std::min(index_of(columns.device[row]), none)];
    const std::int64_t begin = columns.begin_ns.at(row);
    if (begin == kNoTime) {
      ++layout.untimed;
      at.group = kUntimed;
      at.begin_ns = end_of_untimed[at.process];
    } else {
      at.group = index_of(columns.thread.at(row)) + 1;  // kNoThread wraps to 0
      at.begin_ns = static_cast<std::uint64_t>(begin) + layout.ts_shift_ns;
    }
    const bool late = at.begin_ns > kLatestNs;
    at.begin_ns = std::min(at.begin_ns, kLatestNs);
    bool cut = false;
    at.end_ns = at.begin_ns + duration_ns(columns.duration_us[row], at.begin_ns, cut);
    if (at.group == kUntimed) end_of_untimed[at.process] = at.end_ns;
    if (late || cut) ++layout.durations_cut;
    placed.push_back(at);
  }
  return placed;
}

}  // namespace

ChromeLayout chrome_layout(const Trace& trace) {
  ChromeLayout layout;
  std::vector<Placed> placed = place_in_time(trace, layout);
  std::ranges::sort(placed, [](const Placed& a, const Placed& b) {
    // Longer first at the same begin: the outer span is open before the inner one.
    return std::tie(a.process, a.group, a.begin_ns, b.end_ns, a.row) <
           std::tie(b.process, b.group, b.begin_ns, a.end_ns, b.row);
  });
  layout.events.reserve(placed.size());
  for (std::size_t first = 0; first < placed.size();) {
    const Placed& head = placed[first];
    const std::size_t base = layout.rows.size();
    Lanes lanes;
    std::size_t at = first;
    for (; at < placed.size() && placed[at].process == head.process && placed[at].group == head.group; ++at) {
      const Placed& span = placed[at];
      const std::size_t lane = lanes.place(span.begin_ns, span.end_ns);
      layout.events.push_back({span.row, base + lane, span.begin_ns, span.end_ns});
    }
    const std::string name = name_of_group(trace, head.group);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      const std::string suffix = lane == 0 ? "" : " (" + std::to_string(lane + 1) + ")";
      layout.rows.push_back({head.process, name + suffix});
    }
    first = at;
  }
  return layout;
}

}  // namespace ringtail::inline v1
