// Libraries that record and are unloaded, and a second copy of the library in one process.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"
#include "tests/process/plugin.h"
#include "tests/support/scale.h"

namespace ringtail::inline v1 {
namespace {

using testing::scaled;

class Plugin {
 public:
  explicit Plugin(const char* path) : library_(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) ADD_FAILURE() << dlerror();
  }
  ~Plugin() {
    if (library_ != nullptr) dlclose(library_);
  }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  template <class F>
  [[nodiscard]] F* function(const char* name) const {
    return reinterpret_cast<F*>(dlsym(library_, name));
  }

 private:
  void* library_;
};

TEST(Plugins, MayBeUnloadedAfterTheyRecorded) {
  Session session;
  ASSERT_TRUE(session.start().ok());
  Recorder recorder = session.recorder("host");
  const long rounds = scaled(100, 1'000);
  long same_place = 0;
  for (long i = 0; i < rounds; ++i) {
    std::uintptr_t name_of_a = 0;
    {
      const Plugin a(RINGTAIL_PLUGIN_A);
      name_of_a = reinterpret_cast<std::uintptr_t>(a.function<OpName>("op_name")());
      a.function<RecordInto>("record_into")(recorder, 3);
    }
    const Plugin b(RINGTAIL_PLUGIN_B);
    same_place += reinterpret_cast<std::uintptr_t>(b.function<OpName>("op_name")()) == name_of_a ? 1 : 0;
    b.function<RecordInto>("record_into")(recorder, 2);
  }
  const Trace trace = session.take_trace();
  std::map<std::string, long> spans;
  for (std::size_t row = 0; row < trace.size(); ++row) ++spans[std::string(trace[row].operation())];
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  EXPECT_GT(same_place, 0);  // B was where A had been; under sanitizers nothing is used again so soon
#endif
  EXPECT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans["op from plugin A"], 3 * rounds);
  EXPECT_EQ(spans["op from plugin B"], 2 * rounds);
}

TEST(Plugins, WithALibraryOfTheirOwnRecordBesideTheHost) {
  Session session;
  ASSERT_TRUE(session.start().ok());
  for (int i = 0; i < 10; ++i) {
    const Plugin plugin(RINGTAIL_PLUGIN_A);
    std::thread other([&] { EXPECT_EQ(plugin.function<RecordAlone>("record_alone")(1'000), 1'000U); });
    for (int n = 0; n < 100; ++n) const Scope scope(session.this_thread(), "host");
    other.join();  // and its leases are given back by the plugin's own code
  }
  EXPECT_EQ(session.take_trace().size(), 1'000U);
}

}  // namespace
}  // namespace ringtail::inline v1
