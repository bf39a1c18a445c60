// Triggers of a flight recorder. One thread, a clock turned by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "ringtail/collect/session.h"
#include "ringtail/format/rtt.h"
#include "ringtail/record/scope.h"
#include "tests/collect/session_by_hand.h"
#include "tests/support/accounts.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;
using ::ringtail::testing::expect_accounts_add_up;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FlightRecorder : public SessionByHand {
 protected:
  SessionOptions with(Triggers triggers) {
    triggers.on_trigger = [this](const Trace& trace, const Trigger& trigger) {
      traces.push_back(trace);
      reasons.push_back(trigger.reason);
      last = trigger;
    };
    return by_hand({.keep = Keep::kLatest, .window = 100ms, .triggers = std::move(triggers)});
  }
  void steps(Session& session, Recorder& recorder, int count, Nanoseconds length) {
    for (int i = 0; i < count; ++i) {
      recorder.step(++step_);
      span(recorder, "forward", length / 2);
      span(recorder, "backward", length / 2);
      session.drain_once();
    }
  }

  std::vector<Trace> traces;
  std::vector<std::string> reasons;
  Trigger last;

 private:
  std::uint64_t step_ = 0;
};

TEST_F(FlightRecorder, ShowsTheWindowWhenItIsAskedTo) {
  Session session(with({}));
  ASSERT_TRUE(session.start().ok());
  session.set_metadata("model", "net");
  Recorder recorder = session.recorder("w");
  span(recorder, "long ago", 1ms);
  session.drain_once();
  time.advance(200ms);
  span(recorder, "just now", 1ms);
  session.trigger("loss is not a number");
  session.drain_once();
  ASSERT_THAT(reasons, ElementsAre("loss is not a number"));
  const Trace& trace = traces.front();
  EXPECT_THAT(operations(trace), ElementsAre("just now"));
  EXPECT_EQ(expect_accounts_add_up(trace), 2U);
  EXPECT_EQ(trace.metadata.at("ringtail.trigger"), "loss is not a number");
  EXPECT_EQ(trace.metadata.at("ringtail.trigger_at"), std::to_string(Nanoseconds(202ms).count()));
  EXPECT_EQ(trace.metadata.at("model"), "net");
  EXPECT_EQ(last.cause, Trigger::Cause::kAsked);
  span(recorder, "later", 1ms);
  const Trace end = session.take_trace();  // recording went on
  EXPECT_EQ(expect_accounts_add_up(end), 3U);
  EXPECT_FALSE(end.metadata.contains("ringtail.trigger"));
}

TEST_F(FlightRecorder, SeesAStepThatTakesSeveralTimesTheMedian) {
  Session session(with({.slow_step = 3.0}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("trainer");
  steps(session, recorder, 3, 30ms);  // too few to know what is usual
  steps(session, recorder, 20, 2ms);
  steps(session, recorder, 1, 5ms);
  EXPECT_THAT(reasons, IsEmpty());
  steps(session, recorder, 1, 9ms);
  steps(session, recorder, 1, 2ms);  // then it has ended
  ASSERT_THAT(reasons, SizeIs(1));
  EXPECT_THAT(reasons[0], HasSubstr("step 25 of trainer took 9.000 ms"));
  EXPECT_THAT(reasons[0], HasSubstr("the median is 2.000 ms"));
  EXPECT_EQ(last.cause, Trigger::Cause::kSlowStep);
}

TEST_F(FlightRecorder, SeesADeviceThatWasBusyAndWaits) {
  Session session(with({.idle_device = 10ms, .cooldown = 0ms}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const DeviceId gpu = session.device("gpu:0");
  static_cast<void>(session.device("gpu:1"));  // never busy: never idle
  span(recorder, "kernel", 1ms, gpu);
  session.drain_once();
  time.advance(10ms);
  session.drain_once();
  EXPECT_THAT(reasons, IsEmpty());
  {
    const Scope running(recorder, "a long kernel", gpu);
    time.advance(50ms);
    session.drain_once();
    EXPECT_THAT(reasons, IsEmpty());  // open: busy
  }
  time.advance(11ms);
  session.drain_once();
  time.advance(11ms);
  session.drain_once();  // told once
  EXPECT_THAT(reasons, ElementsAre("device gpu:0 was idle for 11.000 ms"));
  span(recorder, "kernel", 1ms, gpu);
  session.drain_once();
  time.advance(12ms);
  session.drain_once();
  EXPECT_THAT(reasons, SizeIs(2));
}

TEST_F(FlightRecorder, TakesAnyTimesForWhatTheyAre) {
  Session session(with({.slow_step = 3.0, .idle_device = 10ms, .cooldown = 0ms}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  const DeviceId gpu = session.device("gpu:0");
  const OpId op = session.op("op");
  steps(session, recorder, 20, 2ms);
  for (std::uint64_t i = 0; i < 4; ++i) {
    recorder.step(100 + i);
    const Nanoseconds end = i % 2 == 0 ? Nanoseconds::max() : Nanoseconds::min();
    recorder.complete(op, gpu, CompleteSpan<Nanoseconds>{Nanoseconds::min(), end});
    recorder.complete(op, gpu, CompleteSpan<Ticks>{Ticks{}, Ticks{i % 2 == 0 ? ~std::uint64_t{0} >> 1U : 0}});
    recorder.complete(op, gpu, CompleteSpan<Ticks>{Ticks{}, Ticks{std::uint64_t{1} << 63U}});
    session.drain_once();
  }
  reasons.clear();
  time.advance(11ms);
  session.drain_once();  // whatever end it was given, it has waited since
  EXPECT_THAT(reasons, ElementsAre("device gpu:0 was idle for 11.000 ms"));
}

TEST_F(FlightRecorder, HasAllNamesThatItsDumpNeedsInAFileOfItsOwn) {
  std::string file;
  std::vector<Trace> dumped;
  SessionOptions options = by_hand({.ring_entries = 4, .keep = Keep::kLatest, .window = 100ms});
  options.triggers.on_trigger = [&](const Trace& trace, const Trigger&) {
    dumped.push_back(trace);
    RttWriter writer([&](std::span<const std::byte> bytes) -> Status {
      file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return Done{};
    });
    EXPECT_TRUE(writer.append(trace).ok());
    EXPECT_TRUE(writer.finish(trace).ok());
  };
  Session session(options);
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  for (std::uint64_t i = 0; i < 300; ++i) {
    session.drain_once();
    const std::string number = std::to_string(i);
    static_cast<void>(session.op("never recorded " + number));
    Scope scope(recorder, "op" + number, session.device("gpu:" + number));
    scope.shapes({{i, 2}}, {i});
    time.advance(1ms);
  }
  session.trigger("now");
  for (int i = 0; i < 6; ++i) span(recorder, "last" + std::to_string(i), 1ms);  // some find the ring full
  session.drain_once();
  ASSERT_THAT(dumped, SizeIs(1));
  const Trace& trace = dumped.front();
  EXPECT_EQ(expect_accounts_add_up(trace), 306U);
  EXPECT_LT(trace.size(), 115U);
  EXPECT_GT(trace.folded.size(), 180U);  // of ops without a row
  std::istringstream in(file);
  const Result<Trace> read = read_rtt(in);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value(), trace);
  for (const FoldedTotal& total : read.value().folded) {
    const std::string name(read.value().operation(total.op));
    const auto same = [&](const FoldedTotal& one) { return trace.operation(one.op) == name; };
    EXPECT_EQ(std::ranges::count_if(trace.folded, same), 1) << name;
  }
}

TEST_F(FlightRecorder, PassesOverAndCountsWhatComesTooSoonOrTooOften) {
  Session session(with({.cooldown = 1s, .most = 2}));
  ASSERT_TRUE(session.start().ok());
  const auto ask = [&](Nanoseconds later, const char* why) {
    time.advance(later);
    session.trigger(why);
    session.drain_once();
  };
  ask(0s, "first");
  ask(999ms, "too soon");
  ask(1ms, "second");
  ask(5s, "too often");
  session.trigger("waits");  // stop() hands it over, or counts it
  session.trigger("finds the slot taken");
  const Trace trace = session.take_trace();
  EXPECT_THAT(reasons, ElementsAre("first", "second"));
  EXPECT_EQ(trace.metadata.at("ringtail.triggers_passed_over"), "4");
}

TEST_F(FlightRecorder, GoesOnWhenTheFunctionThrows) {
  int calls = 0;
  SessionOptions options = by_hand();
  options.triggers.cooldown = 0s;
  options.triggers.on_trigger = [&](const Trace&, const Trigger&) {
    if (++calls == 1) throw std::runtime_error("disk full");
  };
  Session session(options);
  ASSERT_TRUE(session.start().ok());
  for (int i = 0; i < 3; ++i) {
    session.trigger("again");
    session.drain_once();
  }
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(session.take_trace().metadata.at("ringtail.triggers_passed_over"), "1");
}

TEST_F(FlightRecorder, HandsOverAtTheStopWhatStillWaits) {
  Session session(with({}));
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("w");
  span(recorder, "op", 1ms);
  session.trigger("the end");
  ASSERT_TRUE(session.stop().ok());
  EXPECT_THAT(reasons, ElementsAre("the end"));
  EXPECT_THAT(operations(traces.front()), ElementsAre("op"));
  EXPECT_EQ(session.take_trace().size(), 1U);
}

TEST_F(FlightRecorder, CutsAReasonThatIsTooLong) {
  Session session(with({}));
  ASSERT_TRUE(session.start().ok());
  session.trigger(std::string(1'000, 'x'));
  session.drain_once();
  EXPECT_THAT(reasons, ElementsAre(std::string(128, 'x')));
}

TEST_F(FlightRecorder, IgnoresTriggersWithoutARunOrAFunction) {
  Session idle(with({}));
  idle.trigger("before the start");
  ASSERT_TRUE(idle.start().ok());
  idle.drain_once();
  EXPECT_THAT(reasons, IsEmpty());
  Session without(by_hand());
  ASSERT_TRUE(without.start().ok());
  without.trigger("nobody listens");
  without.drain_once();
  EXPECT_FALSE(without.take_trace().metadata.contains("ringtail.triggers_passed_over"));
}

Session* interrupted = nullptr;

TEST_F(FlightRecorder, TakesATriggerFromASignalHandler) {
  Session session(with({}));
  ASSERT_TRUE(session.start().ok());
  interrupted = &session;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { interrupted->trigger("a signal"); };
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  ASSERT_EQ(raise(SIGUSR1), 0);
  sigaction(SIGUSR1, &before, nullptr);
  session.drain_once();
  EXPECT_THAT(reasons, ElementsAre("a signal"));
}

}  // namespace
}  // namespace ringtail::inline v1
