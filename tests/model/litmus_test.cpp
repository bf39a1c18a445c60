// What is known of C++ memory, so that the explorer is believed: outcomes that must be found, and that must not be.
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "tests/model/explorer.h"

namespace ringtail::model {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kAcqRel = std::memory_order_acq_rel;

using Outcomes = std::set<std::pair<int, int>>;

// What the program's two observations can be together.
Outcomes outcomes(const std::function<void(int&, int&)>& program, unsigned preemptions = 4) {
  Outcomes found;
  const Result result = explore({.preemptions = preemptions}, [&] {
    int a = -1;
    int b = -1;
    program(a, b);
    found.emplace(a, b);
  });
  EXPECT_EQ(result.verdict, Verdict::kHolds) << result.failure << "\n" << result.trace;
  return found;
}

Outcomes message_passing(std::memory_order store, std::memory_order load) {
  return outcomes([=](int& flag_seen, int& data_seen) {
    Atomic<int> data{0};
    Atomic<int> flag{0};
    spawn([&] {
      data.store(1, kRelaxed);
      flag.store(1, store);
    });
    spawn([&] {
      flag_seen = flag.load(load);
      data_seen = data.load(kRelaxed);
    });
    join();
  });
}

TEST(Litmus, MessagePassingHoldsWithReleaseAndAcquire) {
  EXPECT_EQ(message_passing(kRelease, kAcquire), (Outcomes{{0, 0}, {0, 1}, {1, 1}}));
}

TEST(Litmus, MessagePassingFailsWithEitherOrderRelaxed) {
  EXPECT_TRUE(message_passing(kRelaxed, kAcquire).contains({1, 0}));
  EXPECT_TRUE(message_passing(kRelease, kRelaxed).contains({1, 0}));
}

TEST(Litmus, StoreBufferingLetsBothThreadsReadTheOldValue) {
  const Outcomes found = outcomes([](int& a, int& b) {
    Atomic<int> x{0};
    Atomic<int> y{0};
    spawn([&] {
      x.store(1, kRelease);
      a = y.load(kAcquire);
    });
    spawn([&] {
      y.store(1, kRelease);
      b = x.load(kAcquire);
    });
    join();
  });
  EXPECT_EQ(found, (Outcomes{{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
}

TEST(Litmus, TwoReadsOfOneLocationDoNotGoBack) {
  const Outcomes found = outcomes([](int& first, int& second) {
    Atomic<int> x{0};
    spawn([&] {
      x.store(1, kRelaxed);
      x.store(2, kRelaxed);
    });
    spawn([&] {
      first = x.load(kRelaxed);
      second = x.load(kRelaxed);
    });
    join();
  });
  EXPECT_EQ(found, (Outcomes{{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}}));
}

TEST(Litmus, TwoStoresOfOneThreadKeepTheirOrder) {
  const Outcomes found = outcomes([](int& last, int&) {
    Atomic<int> x{0};
    spawn([&] {
      x.store(1, kRelaxed);
      x.store(2, kRelaxed);
    });
    join();
    last = x.load(kRelaxed);
  });
  EXPECT_EQ(found, (Outcomes{{2, -1}}));
}

TEST(Litmus, AReadAfterAnOwnStoreGivesItOrANewerOne) {
  const Outcomes found = outcomes([](int& seen, int&) {
    Atomic<int> x{0};
    spawn([&] {
      x.store(1, kRelaxed);
      seen = x.load(kRelaxed);
    });
    spawn([&] { x.store(2, kRelaxed); });
    join();
  });
  EXPECT_EQ(found, (Outcomes{{1, -1}, {2, -1}}));
}

// A limit: C++ allows {1, 1} here, hardware that delays loads does it, and the explorer does not find it.
TEST(Litmus, LoadBufferingIsNotFound) {
  const Outcomes found = outcomes([](int& a, int& b) {
    Atomic<int> x{0};
    Atomic<int> y{0};
    spawn([&] {
      a = x.load(kRelaxed);
      y.store(1, kRelaxed);
    });
    spawn([&] {
      b = y.load(kRelaxed);
      x.store(1, kRelaxed);
    });
    join();
  });
  EXPECT_EQ(found, (Outcomes{{0, 0}, {0, 1}, {1, 0}}));
}

TEST(Litmus, TwoReadersMaySeeTwoWritersInOppositeOrders) {
  const Outcomes found = outcomes([](int& first, int& second) {
    Atomic<int> x{0};
    Atomic<int> y{0};
    spawn([&] { x.store(1, kRelease); });
    spawn([&] { y.store(1, kRelease); });
    spawn([&] {
      const int x_seen = x.load(kAcquire);
      first = x_seen == 1 && y.load(kAcquire) == 0 ? 1 : 0;
    });
    spawn([&] {
      const int y_seen = y.load(kAcquire);
      second = y_seen == 1 && x.load(kAcquire) == 0 ? 1 : 0;
    });
    join();
  });
  EXPECT_TRUE(found.contains({1, 1}));
}

// 2+2W. A limit: C++ allows the last stores to be {1, 1}, each location having kept its first writer's value.
TEST(Litmus, CrossedModificationOrdersAreNotFound) {
  const Outcomes found = outcomes([](int& x_last, int& y_last) {
    Atomic<int> x{0};
    Atomic<int> y{0};
    spawn([&] {
      x.store(1, kRelaxed);
      y.store(2, kRelaxed);
    });
    spawn([&] {
      y.store(1, kRelaxed);
      x.store(2, kRelaxed);
    });
    join();
    x_last = x.load(kRelaxed);
    y_last = y.load(kRelaxed);
  });
  EXPECT_EQ(found, (Outcomes{{1, 2}, {2, 1}, {2, 2}}));
}

TEST(Litmus, ReadModifyWritesLoseNoIncrement) {
  const auto counter = [](bool atomically) {
    return outcomes([=](int& sum, int&) {
      Atomic<int> x{0};
      for (int i = 0; i < 2; ++i) {
        spawn([&] {
          if (atomically) {
            x.fetch_add(1, kRelaxed);
          } else {
            x.store(x.load(kRelaxed) + 1, kRelaxed);
          }
        });
      }
      join();
      sum = x.load(kRelaxed);
    });
  };
  EXPECT_EQ(counter(true), (Outcomes{{2, -1}}));
  EXPECT_EQ(counter(false), (Outcomes{{1, -1}, {2, -1}}));
}

// Another thread between the release and the acquire goes on with the release sequence, or ends it.
Verdict sequence_through(const std::function<void(Atomic<int>&)>& between) {
  return explore({.preemptions = 4},
                 [&] {
                   Plain<int> data{0};
                   Atomic<int> flag{0};
                   spawn([&] {
                     data = 1;
                     flag.store(1, kRelease);
                   });
                   spawn([&] { between(flag); });
                   spawn([&] {
                     if (flag.load(kAcquire) == 2) static_cast<void>(data.get());
                   });
                   join();
                 })
      .verdict;
}

TEST(Litmus, AReadModifyWriteGoesOnWithAReleaseSequenceAndAPlainStoreEndsIt) {
  EXPECT_EQ(sequence_through([](Atomic<int>& flag) { flag.fetch_add(1, kRelaxed); }), Verdict::kHolds);
  EXPECT_EQ(sequence_through([](Atomic<int>& flag) {
              if (flag.load(kRelaxed) == 1) flag.store(2, kRelaxed);
            }),
            Verdict::kCounterexample);
}

// As of C++20 the thread's own later store ends it as well.
TEST(Litmus, ALaterRelaxedStoreOfTheSameThreadReleasesNothing) {
  const Result result = explore({.preemptions = 4}, [] {
    Plain<int> data{0};
    Atomic<int> flag{0};
    spawn([&] {
      data = 1;
      flag.store(1, kRelease);
      flag.store(2, kRelaxed);
    });
    spawn([&] {
      if (flag.load(kAcquire) == 2) static_cast<void>(data.get());
    });
    join();
  });
  EXPECT_EQ(result.verdict, Verdict::kCounterexample);
}

TEST(Litmus, KnowledgeTravelsThroughAThirdThread) {
  const auto through = [](std::memory_order middle) {
    return explore({.preemptions = 4},
                   [=] {
                     Plain<int> data{0};
                     Atomic<int> x{0};
                     Atomic<int> y{0};
                     spawn([&] {
                       data = 1;
                       x.store(1, kRelease);
                     });
                     spawn([&] {
                       if (x.load(kAcquire) == 1) y.store(1, middle);
                     });
                     spawn([&] {
                       if (y.load(kAcquire) == 1) require(data == 1, "the data is whole");
                     });
                     join();
                   })
        .verdict;
  };
  EXPECT_EQ(through(kRelease), Verdict::kHolds);
  EXPECT_EQ(through(kRelaxed), Verdict::kCounterexample);
}

TEST(Litmus, PlainDataIsRacedForWhoeverComesFirst) {
  const auto verdict = [](bool reads_only) {
    return explore({.preemptions = 0},
                   [=] {
                     Plain<int> data{7};
                     spawn([&] { static_cast<void>(data.get()); });
                     spawn([&] {
                       if (reads_only) {
                         static_cast<void>(data.get());
                       } else {
                         data = 1;
                       }
                     });
                     join();
                     require(data.get() < 8, "after a join all is known");
                   })
        .verdict;
  };
  EXPECT_EQ(verdict(true), Verdict::kHolds);
  EXPECT_EQ(verdict(false), Verdict::kCounterexample);
}

TEST(Litmus, AMutexOrdersWhatItGuards) {
  const Result result = explore({.preemptions = 4}, [] {
    Plain<int> data{0};
    Mutex mutex;
    for (int i = 0; i < 3; ++i) {
      spawn([&] {
        mutex.lock();
        data = data + 1;
        mutex.unlock();
      });
    }
    join();
    require(data == 3, "every increment counts");
  });
  EXPECT_EQ(result.verdict, Verdict::kHolds) << result.failure << "\n" << result.trace;
}

TEST(Litmus, TwoMutexesTakenInTwoOrdersAreADeadlock) {
  const Result result = explore({.preemptions = 1}, [] {
    Mutex a;
    Mutex b;
    const auto both = [](Mutex& first, Mutex& second) {
      first.lock();
      second.lock();
      second.unlock();
      first.unlock();
    };
    spawn([&] { both(a, b); });
    spawn([&] { both(b, a); });
    join();
  });
  EXPECT_EQ(result.verdict, Verdict::kCounterexample);
  EXPECT_EQ(result.failure, "no thread can go on");
}

TEST(Litmus, AWakeUpIsLostBetweenTwoLocationsAndNotInOne) {
  const Result two = explore({.preemptions = 2}, [] {
    Atomic<int> flag{0};
    Atomic<int> waits{0};
    Atomic<int> woken{0};
    spawn([&] {
      waits.store(1, kRelease);
      if (flag.load(kAcquire) == 1) return;
      while (woken.load(kAcquire) == 0) yield();
    });
    spawn([&] {
      flag.store(1, kRelease);
      if (waits.load(kAcquire) == 1) woken.store(1, kRelease);
    });
    join();
  });
  EXPECT_EQ(two.failure, "no thread can go on");

  constexpr int kWaits = 1;
  constexpr int kSet = 2;
  const Result one = explore({.preemptions = 4}, [] {
    Atomic<int> state{0};
    Atomic<int> woken{0};
    spawn([&] {
      if (state.exchange(kWaits, kAcqRel) == kSet) return;
      while (woken.load(kAcquire) == 0) yield();
    });
    spawn([&] {
      if (state.exchange(kSet, kAcqRel) == kWaits) woken.store(1, kRelease);
    });
    join();
  });
  EXPECT_EQ(one.verdict, Verdict::kHolds) << one.failure << "\n" << one.trace;
}

TEST(Explorer, CountsTheExecutionsThatABoundAllows) {
  // Two threads of n stores each to one location, as words of n a's and n b's. A switch away from a thread that is
  // not at its end is a preemption; so with b of them, words with at most b of their inner changes unforced.
  const auto executions = [](int n, unsigned bound) {
    return explore({.preemptions = bound},
                   [=] {
                     Atomic<int> x{0};
                     for (int t = 0; t < 2; ++t) {
                       spawn([&] {
                         for (int i = 0; i < n; ++i) x.store(i, kRelaxed);
                       });
                     }
                     join();
                   })
        .executions;
  };
  EXPECT_EQ(executions(2, 0), 2U);   // aabb, bbaa
  EXPECT_EQ(executions(2, 1), 4U);   // and abba, baab
  EXPECT_EQ(executions(2, 2), 6U);   // and abab, baba: all of 4 choose 2
  EXPECT_EQ(executions(2, 9), 6U);   // no more
  EXPECT_EQ(executions(3, 9), 20U);  // 6 choose 3
  EXPECT_EQ(executions(4, 9), 70U);  // 8 choose 4
}

TEST(Explorer, MultipliesTheWaysOfSchedulesLoadsAndChoices) {
  const Result result = explore({.preemptions = 0}, [] {
    Atomic<int> x{0};
    spawn([&] {
      x.store(1, kRelaxed);
      x.store(2, kRelaxed);
    });
    spawn([&] {
      static_cast<void>(x.load(kRelaxed));
      static_cast<void>(choose(5));
    });
    join();
  });
  EXPECT_EQ(result.executions, 20U);  // 3 values when the reader comes last, 1 when it comes first, each 5 ways
}

TEST(Explorer, NeedsNoSwitchBeforeWhatOneThreadUsesAlone) {
  const Result result = explore({.preemptions = 9}, [] {
    Atomic<int> mine{0};
    Atomic<int> yours{0};
    Atomic<int> read_only{5};
    const auto count = [&](Atomic<int>& own) {
      for (int i = 0; i < 10; ++i) own.store(own.load(kRelaxed) + read_only.load(kRelaxed), kRelaxed);
    };
    spawn([&] { count(mine); });
    spawn([&] { count(yours); });
    join();
    require(mine.load(kRelaxed) == 50 && yours.load(kRelaxed) == 50, "both have counted");
  });
  EXPECT_EQ(result.verdict, Verdict::kHolds) << result.failure;
  EXPECT_EQ(result.executions, 2U);
}

TEST(Explorer, ShowsTheStepsToAFailure) {
  const Result result = explore({.preemptions = 3}, [] {
    Atomic<int> x{0};
    spawn([&] { x.store(1, kRelease); });
    spawn([&] { require(x.load(kAcquire) == 0, "x stays 0"); });
    join();
  });
  EXPECT_EQ(result.failure, "x stays 0");
  EXPECT_NE(result.trace.find("T1  store release"), std::string::npos) << result.trace;
  EXPECT_NE(result.trace.find("T2  load acquire"), std::string::npos) << result.trace;
  EXPECT_NE(result.trace.find("T2  x stays 0"), std::string::npos) << result.trace;
}

TEST(Explorer, SaysWhenItGaveUp) {
  const Result result = explore({.preemptions = 9, .most_executions = 10}, [] {
    Atomic<int> x{0};
    for (int t = 0; t < 3; ++t) spawn([&] { x.fetch_add(x.load(kRelaxed), kRelaxed); });
    join();
  });
  EXPECT_EQ(result.verdict, Verdict::kGaveUp);
  EXPECT_EQ(result.executions, 10U);
}

TEST(Explorer, RefusesALoopThatDoesNotYield) {
  const Result result = explore({.preemptions = 0, .most_steps = 100}, [] {
    Atomic<int> x{0};
    spawn([&] {
      while (x.load(kRelaxed) == 0) {
      }
    });
    spawn([&] { x.store(1, kRelaxed); });
    join();
  });
  EXPECT_EQ(result.verdict, Verdict::kCounterexample);
  EXPECT_NE(result.failure.find("a loop without yield()"), std::string::npos) << result.failure;
}

TEST(Explorer, LetsASpinningThreadSeeInTheEndWhatWasStored) {
  const Result result = explore({.preemptions = 3}, [] {
    Atomic<int> x{0};
    spawn([&] {
      while (x.load(kRelaxed) != 3) yield();
    });
    spawn([&] {
      for (int i = 1; i <= 3; ++i) x.store(i, kRelaxed);
    });
    join();
  });
  EXPECT_EQ(result.verdict, Verdict::kHolds) << result.failure << "\n" << result.trace;
}

TEST(Explorer, PutsInTheBugsItIsAskedFor) {
  using Change = Mutation::Change;
  const auto program = [] {
    Plain<int> data{0};
    Atomic<int> flag{0};
    spawn([&] {
      data = 1;
      flag.store(1, kRelease);
    });
    spawn([&] {
      if (flag.load(kAcquire) != 1) return;
      require(flag.load(kAcquire) == 1, "a flag stays up");
      require(data == 1, "the data is whole");
    });
    join();
    require(flag.load(kRelaxed) == 1, "the flag is up");
  };
  const Result right = explore({}, program);
  ASSERT_EQ(right.verdict, Verdict::kHolds) << right.failure << "\n" << right.trace;
  ASSERT_EQ(right.sites.size(), 4U);
  const auto with = [&](std::size_t site, Change change) {
    return explore({.mutation = Mutation{change, right.sites[site]}}, program);
  };
  EXPECT_EQ(with(0, Change::kRelaxed).failure, "a data race: a write and a read of T1 and T2");
  EXPECT_EQ(with(0, Change::kDropped).failure, "the flag is up");
  EXPECT_EQ(with(1, Change::kRelaxed).verdict, Verdict::kHolds);   // the second look is enough
  EXPECT_EQ(with(3, Change::kRelaxed).verdict, Verdict::kHolds);   // so it was
  EXPECT_EQ(with(1, Change::kRepeated).verdict, Verdict::kHolds);  // nothing is ever seen
}

}  // namespace
}  // namespace ringtail::model
