// benchmarks/peers/lttng_ust.h
//
// LTTng-UST: an event at the begin and one at the end, which carries op, device and the three shapes
// (lttng_events.inc). LTTng reads its clock in each. Buffers per user, 16 sub-buffers of 1 MiB per CPU, discard mode;
// the consumer daemon writes them to a temporary directory. The daemons are on the collector's CPU, and of this
// program only (lttng_session). The events in the recording are counted by babeltrace2, and those discarded by LTTng.
//
// Requires  Included by one source only: it defines the tracepoints.
#pragma once

#include <cstdint>
#include <string>

#include "bench/payload.h"
#include "benchmarks/peers/peer.h"

#if RINGTAIL_HAVE_LTTNG
#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_PROBE_DYNAMIC_LINKAGE
#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "benchmarks/peers/coprocess.h"
#include "benchmarks/peers/lttng_events.inc"
#endif

namespace ringtail::benchmarks {

#if RINGTAIL_HAVE_LTTNG

class LttngUst {
 public:
  LttngUst() : fault_(daemon().fault) {
    if (!fault_.empty()) return;
    const std::string reply = daemon().session.ask("begin");
    if (reply != "begun") {
      fault_ = reply;
    } else if (!becomes(true)) {
      fault_ = "the session daemon did not enable the events of this program";
    }
  }

  [[nodiscard]] const std::string& fault() const { return fault_; }

  void span(const overhead::Operands& o) {
    lttng_ust_tracepoint(ringtail_bench, span_begin);
    overhead::opaque();
    lttng_ust_tracepoint(ringtail_bench, span_end, overhead::kOpName, overhead::kDeviceName, o.image.data(),
                         o.weights.data(), o.output.data());
  }

  // Nothing says how far the consumer is; this is several times what it needs for a burst.
  void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

  Delivered finish() {
    unsigned long long arrived = 0;
    unsigned long long discarded = 0;
    const std::string reply = daemon().session.ask("end");
    if (std::sscanf(reply.c_str(), "arrived %llu discarded %llu", &arrived, &discarded) != 2) return {};
    becomes(false);
    discarded &= ~(1ULL << 63U);  // 2.13 counts from 2^63 at times
    return {arrived / 2, (arrived % 2 + discarded) / 2};
  }

 private:
  // One for the program: a traced program looks for its daemon once.
  struct Daemon {
    Daemon() {
      const std::string reply = session.ask("daemon");
      const std::string ready = "ready ";
      if (!reply.starts_with(ready)) {
        const std::string missing = "missing ";
        fault = reply.starts_with(missing) ? reply.substr(missing.size()) : "cannot run " RINGTAIL_LTTNG_SESSION;
        return;
      }
      setenv("LTTNG_HOME", reply.substr(ready.size()).c_str(), 1);
      // Never closed: the library's threads do not end. They are on the CPU that this is called on.
      if (dlopen(RINGTAIL_LTTNG_PROVIDER, RTLD_NOW) == nullptr) fault = dlerror();
    }
    Coprocess session{RINGTAIL_LTTNG_SESSION};
    std::string fault;
  };
  static Daemon& daemon() {
    static Daemon it;
    return it;
  }

  // Whether events come to be enabled, or not, within five seconds.
  static bool becomes(bool enabled) {
    for (int i = 0; i < 500; ++i) {
      if (static_cast<bool>(lttng_ust_tracepoint_enabled(ringtail_bench, span_end)) == enabled) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  std::string fault_;
};

#else

struct LttngUst {
  [[nodiscard]] std::string fault() const { return "CMake did not find LTTng-UST (liblttng-ust-dev)"; }
  void span(const overhead::Operands&) {}
  void settle() {}
  Delivered finish() { return {}; }
};

#endif

}  // namespace ringtail::benchmarks
