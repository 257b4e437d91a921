#include "expr/field.h"

#include <gtest/gtest.h>

#include <set>

namespace clew::expr {
namespace {

TEST(Field, EveryOneHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const FieldInfo& info : AllFields()) {
    EXPECT_EQ(&InfoOf(info.field), &info);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(info.kind == FieldKind::kWord, !WordsOf(info.field).empty()) << info.name;
  }
}

}  // namespace
}  // namespace clew::expr
