#include "bench/rig.h"

#include <string>
#include <thread>

#include "bench/payload.h"

namespace ringtail::overhead {
namespace {

Error differs(const std::string& what, std::uint64_t expected, std::uint64_t found) {
  return {ErrorCode::kInvalid,
          "expected " + std::to_string(expected) + " " + what + ", found " + std::to_string(found)};
}

}  // namespace

Result<std::uint64_t> check_account(const Trace& trace, const Expected& expected) {
  std::uint64_t attempted = 0;
  std::uint64_t sampled_out = 0;
  std::uint64_t recorded = 0;
  std::uint64_t folded = 0;
  for (const TraceThread& thread : trace.threads) {
    attempted += thread.attempted;
    sampled_out += thread.sampled_out;
    recorded += thread.recorded;
    folded += thread.folded;
  }
  std::uint64_t in_totals = 0;
  for (const FoldedTotal& total : trace.folded) in_totals += total.count;
  if (attempted + sampled_out != expected.attempted) {
    return differs("spans attempted or sampled out", expected.attempted, attempted + sampled_out);
  }
  if (recorded + folded != attempted) return differs("spans recorded or folded", attempted, recorded + folded);
  if (trace.size() != recorded) return differs("rows", recorded, trace.size());
  if (in_totals != folded) return differs("spans in the folded totals", folded, in_totals);
  if (expected.folded && folded != *expected.folded) return differs("spans folded", *expected.folded, folded);
  if (expected.bytes_per_span) {
    const std::uint64_t bytes = attempted * *expected.bytes_per_span;
    if (trace.total_memory_bytes() != bytes) return differs("bytes in all", bytes, trace.total_memory_bytes());
  }
  return folded;
}

Rig::Rig(std::optional<CpuPair> cpus, const SessionOptions& options)
    : cpus_(cpus),
      poll_interval_(options.poll_interval),
      session_(options),
      recorder_(session_.recorder("producer")),
      op_(session_.op(kOpName)),
      device_(session_.device(kDeviceName)) {}

Status Rig::start() {
  const PinnedTo pin(cpus_ ? std::optional(cpus_->collector) : std::nullopt);
  return session_.start();
}

void Rig::settle() {
  // The collector's own passes leave the ring as it is in use, on the other core; the pass by hand is for
  // when the machine did not let it run.
  std::this_thread::sleep_for(2 * poll_interval_);
  session_.drain_once();
}

Result<std::uint64_t> Rig::finish(const Expected& expected) { return check_account(session_.take_trace(), expected); }

}  // namespace ringtail::overhead
