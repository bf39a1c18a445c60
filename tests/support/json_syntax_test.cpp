#include "tests/support/json_syntax.h"

#include <gtest/gtest.h>

namespace ringtail::inline v1 {
namespace {

TEST(IsJson, TakesWhatTheGrammarTakes) {
  for (const char* text :
       {"0", "-1.5e+3", "\"\\u00e9\\n\"", "[]", " {\"a\": [1, {\"a\": 1}], \"b\": null} \n", "[true,false]"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
}

TEST(IsJson, RefusesEverythingElse) {
  for (const char* text : {"", "01", "1.", "NaN", "[1,]", "{\"a\":}", "{a:1}", "\"\n\"", "\"\\x\"", "\"\\u00g0\"",
                           "\"a", "[1] 2", "[", "{\"a\":1", "[{\"a\":1, \"a\":2}]"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

}  // namespace
}  // namespace ringtail::inline v1
