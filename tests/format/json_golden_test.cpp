#include <gtest/gtest.h>

#include "ringtail/format/json.h"
#include "tests/support/shared_files.h"

namespace ringtail::inline v1 {
namespace {

TEST(JsonGolden, WritesTheReferencesTracesBackByteForByte) {
  const auto traces = shared_files("golden", ".trace.json");
  if (traces.empty()) GTEST_SKIP() << kNoSharedFiles;
  for (const auto& path : traces) {
    const std::string bytes = bytes_of(path);
    const Result<Trace> trace = read_json(bytes);
    ASSERT_TRUE(trace.ok()) << path << ": " << trace.error().message;
    EXPECT_EQ(to_json(trace.value()), bytes) << path;
  }
}

}  // namespace
}  // namespace ringtail::inline v1
