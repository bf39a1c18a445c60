// What holds of the library's own protocols in every execution up to a bound; the programs are in programs.cpp.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/model/parts.h"

namespace ringtail::model {
namespace {

class Model : public ::testing::TestWithParam<Program> {};

TEST_P(Model, HoldsInEveryExecution) {
  const Program& program = GetParam();
  const Result result = explore(bounds(program), [&] { program.run(Mistake::kNone); });
  EXPECT_EQ(result.verdict, Verdict::kHolds) << result.failure << "\n" << result.trace;
  std::printf("%llu executions\n", static_cast<unsigned long long>(result.executions));
}

INSTANTIATE_TEST_SUITE_P(Protocol, Model, ::testing::ValuesIn(kPrograms),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace ringtail::model
