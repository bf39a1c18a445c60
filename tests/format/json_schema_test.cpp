#include "format/json_schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace ringtail::inline v1 {
namespace {

std::size_t depth_of(const Rule& rule) {
  if (rule.inside == nullptr) return 0;
  std::size_t deepest = 0;
  for (const Rule& one : rule.inside->rules) deepest = std::max(deepest, depth_of(one));
  return deepest + 1;
}

void collect(const Rule& rule, std::multiset<Slot>& slots) {
  slots.insert(rule.slot);
  if (rule.inside == nullptr) return;
  for (const Rule& one : rule.inside->rules) collect(one, slots);
}

void expect_sound(const Rule& rule) {
  const bool is_container = rule.kind == Kind::kArray || rule.kind == Kind::kObject;
  ASSERT_EQ(rule.inside != nullptr, is_container) << rule.key;
  if (!is_container) return;
  EXPECT_EQ(rule.inside->sort == Form::Sort::kList, rule.kind == Kind::kArray) << rule.key;
  EXPECT_LE(rule.inside->rules.size(), 64U) << rule.key;
  const bool has_one_rule = rule.inside->rules.size() == 1;
  EXPECT_TRUE(has_one_rule || rule.inside->sort == Form::Sort::kFields) << rule.key;
  for (const Rule& one : rule.inside->rules) expect_sound(one);
}

TEST(JsonSchema, IsNoDeeperThanTheWalkersFrames) { EXPECT_LE(depth_of(kDocumentRule), kDeepestForm); }

TEST(JsonSchema, GivesContainersAFormOfTheirKind) { expect_sound(kDocumentRule); }

TEST(JsonSchema, HasOnePlaceForEachFact) {
  std::multiset<Slot> slots;
  collect(kDocumentRule, slots);
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Slot::kCostWall); ++i) {
    EXPECT_EQ(slots.count(static_cast<Slot>(i)), 1U) << "slot " << i;
  }
}

}  // namespace
}  // namespace ringtail::inline v1
