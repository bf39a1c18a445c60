// tests/collect/session_by_hand.h
//
// One thread, a clock turned by hand, no collector thread.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"

namespace ringtail::inline v1 {

class SessionByHand : public ::testing::Test {
 protected:
  // A session that the test drives: its clock, its collector.
  SessionOptions by_hand(SessionOptions options = {}) {
    options.collector_thread = false;
    options.clock = Clock::manual(time);
    return options;
  }

  // A span of `length` on the recorder, starting now.
  void span(Recorder& recorder, std::string_view op, Nanoseconds length, DeviceId device = kNoDevice) {
    const Scope scope(recorder, op, device);
    time.advance(length);
  }

  static std::vector<std::string> operations(const Trace& trace) {
    std::vector<std::string> names;
    for (std::size_t row = 0; row < trace.size(); ++row) names.emplace_back(trace[row].operation());
    return names;
  }

  ManualClock time{std::chrono::seconds{1}};
};

}  // namespace ringtail::inline v1
