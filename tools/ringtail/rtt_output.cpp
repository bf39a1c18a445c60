#include "rtt_output.h"

#include "ringtail/format/rtt.h"

namespace ringtail::cli {
namespace {

Status write(const Trace& trace, std::ostream& out, RttOptions options) {
  RttWriter writer(
      [&out](std::span<const std::byte> chunk) -> Status {
        out.write(reinterpret_cast<const char*>(chunk.data()), static_cast<std::streamsize>(chunk.size()));
        if (!out) return Error{ErrorCode::kIo, "expected to write it, found that the stream fails"};
        return Done{};
      },
      options);
  if (Status written = writer.append(trace); !written.ok()) return written;
  return writer.finish(trace);
}

}  // namespace

Status write_rtt(const Trace& trace, std::ostream& out) { return write(trace, out, {}); }

Status write_compressed_rtt(const Trace& trace, std::ostream& out) { return write(trace, out, {.compress = true}); }

}  // namespace ringtail::cli
