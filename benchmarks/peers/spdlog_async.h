// benchmarks/peers/spdlog_async.h
//
// One asynchronous spdlog line per span, formatted by the caller as spdlog does, into a sink that only
// counts. The queue has spdlog's default of 8192 lines and blocks when full, so that no line is lost.
#pragma once

#include <cstdint>
#include <string>

#include "bench/payload.h"
#include "benchmarks/peers/peer.h"

#if RINGTAIL_HAVE_SPDLOG
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <memory>
#include <thread>

#include "ringtail/base/clock.h"
#endif

namespace ringtail::benchmarks {

#if RINGTAIL_HAVE_SPDLOG

class SpdlogAsync {
 public:
  [[nodiscard]] std::string fault() const { return {}; }

  void span(const overhead::Operands& o) {
    const Ticks begin = clock_.now();
    overhead::opaque();
    const Ticks end = clock_.now();
    logger_->info("{} {} [{}, {}, {}, {}] [{}, {}, {}, {}] -> [{}, {}, {}, {}] {} {}", overhead::kOpName,
                  overhead::kDeviceName, o.image[0], o.image[1], o.image[2], o.image[3], o.weights[0], o.weights[1],
                  o.weights[2], o.weights[3], o.output[0], o.output[1], o.output[2], o.output[3], begin.value,
                  end.value);
  }

  void settle() {
    while (workers_->queue_size() > 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }

  Delivered finish() {
    workers_.reset();  // joins its thread, which writes what is queued before it ends
    return {sink_->lines, 0};
  }

 private:
  struct CountingSink : spdlog::sinks::base_sink<spdlog::details::null_mutex> {
    void sink_it_(const spdlog::details::log_msg&) override { ++lines; }
    void flush_() override {}
    std::uint64_t lines = 0;  // the worker's; read after it has ended
  };

  Clock clock_ = Clock::best();
  std::shared_ptr<CountingSink> sink_ = std::make_shared<CountingSink>();
  std::shared_ptr<spdlog::details::thread_pool> workers_ =
      std::make_shared<spdlog::details::thread_pool>(spdlog::details::default_async_q_size, 1);
  std::shared_ptr<spdlog::async_logger> logger_ =
      std::make_shared<spdlog::async_logger>("spans", sink_, workers_, spdlog::async_overflow_policy::block);
};

#else

struct SpdlogAsync {
  [[nodiscard]] std::string fault() const { return "CMake did not find spdlog (libspdlog-dev)"; }
  void span(const overhead::Operands&) {}
  void settle() {}
  Delivered finish() { return {}; }
};

#endif

}  // namespace ringtail::benchmarks
