// Bugs put into the protocols, each of which a model must find: else the model does not show what it seems to.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/model/parts.h"

namespace ringtail::model {
namespace {

using Change = Mutation::Change;

// Explores with few preemptions first, as most bugs need few.
Result search(const Program& program, Mistake mistake, const std::optional<Mutation>& mutation,
              unsigned preemptions) {
  Options options = bounds(program);
  options.preemptions = std::min(preemptions, options.preemptions);
  options.mutation = mutation;
  return explore(options, [&] { program.run(mistake); });
}

struct Reached {
  Site site;
  std::vector<const Program*> by;
};

// The sites of the library, and of the ring that stands for Boost's, that make or take over an order.
std::vector<Reached> ordering_sites() {
  std::vector<Reached> all;
  for (const Program& program : kPrograms) {
    for (const Site& site : search(program, Mistake::kNone, std::nullopt, 1).sites) {
      if (site.order == std::memory_order_relaxed || site.file == "programs.cpp") continue;
      const auto same = [&](const Reached& one) { return one.site == site; };
      auto found = std::ranges::find_if(all, same);
      if (found == all.end()) found = all.insert(all.end(), {site, {}});
      found->by.push_back(&program);
    }
  }
  return all;
}

TEST(Mutants, EveryAcquireAndEveryReleaseIsNeeded) {
  const std::vector<Reached> sites = ordering_sites();
  EXPECT_GE(sites.size(), 16U);
  for (const Reached& reached : sites) {
    const Mutation mutation{Change::kRelaxed, reached.site};
    const Program* killer = nullptr;
    Result found;
    for (unsigned preemptions = 1; preemptions <= 3 && killer == nullptr; ++preemptions) {
      for (const Program* program : reached.by) {
        found = search(*program, Mistake::kNone, mutation, preemptions);
        if (found.verdict != Verdict::kCounterexample) continue;
        killer = program;
        break;
      }
    }
    EXPECT_NE(killer, nullptr) << to_string(reached.site) << " can be relaxed";
    if (killer != nullptr) {
      std::printf("%s: %llu executions of %s: %s\n", to_string(reached.site).c_str(),
                  static_cast<unsigned long long>(found.executions), killer->name, found.failure.c_str());
    }
  }
}

// A store that is not made: the nth of a function, by its place in the source.
struct Missing {
  const char* what;
  const char* program;
  const char* function;
  unsigned nth = 0;
};

const Missing kMissing[] = {
    {"slot_is_not_counted", "ring_wraps", "push"},
    {"slot_is_not_given_back", "ring_wraps", "consume_all"},
    {"attempt_is_not_counted", "lane_is_used_again", "count"},
    {"lane_never_goes_live", "lane_changes_hands", "go_live"},
    {"lane_never_retires", "lane_is_used_again", "retire"},
    {"lane_is_never_free", "lane_is_used_again", "make_free"},
    {"new_lane_is_in_no_list", "lanes_are_found_without_the_mutex", "add_lane", 0},
    {"new_lane_is_not_told", "lane_is_used_again", "add_lane", 1},
    {"reset_leaves_the_attempts", "lane_is_used_again", "reset"},
    {"fold_does_not_say_that_it_began", "folds_are_read_whole", "fold", 0},
    {"fold_does_not_say_its_run", "folds_of_the_last_run_are_forgotten", "fold", 1},
    {"fold_does_not_write", "folds_are_read_whole", "fold", 2},
    {"fold_does_not_say_that_it_ended", "folds_are_read_whole", "fold", 3},
    {"totals_of_the_last_run_stay", "folds_of_the_last_run_are_forgotten", "empty_cells", 1},
};

class MissingStore : public ::testing::TestWithParam<Missing> {};

TEST_P(MissingStore, IsFound) {
  const Missing& missing = GetParam();
  const Program& program = model::program(missing.program);
  std::vector<Site> stores;
  for (const Site& site : search(program, Mistake::kNone, std::nullopt, 1).sites) {
    if (site.function == missing.function && site.access == Access::kStore) stores.push_back(site);
  }
  ASSERT_LT(missing.nth, stores.size());
  const Result result = search(program, Mistake::kNone, Mutation{Change::kDropped, stores[missing.nth]}, 3);
  EXPECT_EQ(result.verdict, Verdict::kCounterexample);
  std::printf("%llu executions: %s\n", static_cast<unsigned long long>(result.executions), result.failure.c_str());
}

INSTANTIATE_TEST_SUITE_P(Mutants, MissingStore, ::testing::ValuesIn(kMissing),
                         [](const auto& tested) { return std::string(tested.param.what); });

struct Wrong {
  const char* what;
  const char* program;
  Mistake mistake;
};

const Wrong kWrong[] = {
    {"draining_before_folds_are_read", "stop_cuts_a_lane_that_goes_on", Mistake::kDrainsBeforeItReadsTheFolds},
    {"sum_without_a_look_at_gaps", "stop_cuts_a_lane_that_goes_on", Mistake::kIgnoresGaps},
    {"no_draining_after_the_look_at_the_state", "lane_is_used_again", Mistake::kDrainsNoMoreAfterTheLook},
    {"owner_taken_before_the_look_at_the_state", "lane_is_used_again", Mistake::kTakesTheOwnerBeforeTheLook},
    {"lane_freed_before_it_is_reset", "lane_is_used_again", Mistake::kFreesBeforeTheReset},
    {"account_of_the_last_owner", "lane_is_used_again", Mistake::kGoesOnWithTheOldAccount},
};

class WrongCollector : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongCollector, IsFound) {
  const Result result = search(model::program(GetParam().program), GetParam().mistake, std::nullopt, 3);
  EXPECT_EQ(result.verdict, Verdict::kCounterexample);
  std::printf("%llu executions: %s\n", static_cast<unsigned long long>(result.executions), result.failure.c_str());
}

INSTANTIATE_TEST_SUITE_P(Mutants, WrongCollector, ::testing::ValuesIn(kWrong),
                         [](const auto& tested) { return std::string(tested.param.what); });

}  // namespace
}  // namespace ringtail::model
