// Recording while a thread or the process ends.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

struct Ending {
  int status;
  std::string said;
};

Ending end_by(const std::string& how) {
  Ending ending{};
  FILE* const pipe = popen((std::string(RINGTAIL_LAST_WORDS) + " '" + how + "'").c_str(), "r");
  if (pipe == nullptr) return {-1, "popen failed"};
  char line[256];
  while (std::fgets(line, sizeof(line), pipe) != nullptr) ending.said += line;
  const int status = pclose(pipe);
  ending.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ending;
}

struct Case {
  const char* how;
  const char* said;
};

constexpr Case kCases[] = {
    {"thread", "3 attempted, 3 rows, 0 folded\n"},  // both thread_locals, made before and after the recorder
    {"key", "2 attempted, 2 rows, 0 folded\n"},
    {"late key", "3 attempted, 3 rows, 0 folded\n"},  // the main thread's, too
    {"main", "3 attempted, 3 rows, 0 folded\n"},
    {"atexit", "3 attempted, 3 rows, 0 folded\n"},
    {"static", "2 attempted, 2 rows, 0 folded\n"},
    {"pthread_exit", "2 attempted, 2 rows, 0 folded\n"},  // glibc then never destroys main's thread_locals
    {"quick_exit", ""},  // nothing is destroyed, so nobody says what there was; nobody hangs either
    {"_exit", ""},
};

TEST(LastWords, AreRecordedHoweverAThreadOrTheProcessEnds) {
  for (const Case& each : kCases) {
#if defined(__SANITIZE_THREAD__)
    if (std::string(each.how) == "pthread_exit") continue;  // the sanitizer does not survive its main thread
#endif
    const Ending ending = end_by(each.how);
    EXPECT_EQ(ending.status, 0) << each.how;
    EXPECT_EQ(ending.said, each.said) << each.how;
  }
}

TEST(LastWords, OfDetachedThreadsAreAccountedForUpToTheEnd) {
  for (long i = 0; i < testing::scaled(10); ++i) {
    const Ending ending = end_by("detached");
    ASSERT_EQ(ending.status, 0) << ending.said;
    unsigned long long attempted = 0;
    unsigned long long rows = 0;
    unsigned long long folded = 0;
    ASSERT_EQ(std::sscanf(ending.said.c_str(), "%llu attempted, %llu rows, %llu folded", &attempted, &rows, &folded),
              3)
        << ending.said;
    EXPECT_GE(attempted, 1'000U);
    EXPECT_EQ(attempted, rows + folded);
  }
}

}  // namespace
}  // namespace ringtail::inline v1
