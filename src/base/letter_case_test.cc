#include "base/letter_case.h"

#include <gtest/gtest.h>

namespace clew::base {
namespace {

TEST(LetterCase, IsOfAsciiLettersOnly) {
  EXPECT_EQ(LowerCase("Content-TYPE [@`{ \xC3\x89"), "content-type [@`{ \xC3\x89");
  EXPECT_TRUE(EqualsIgnoringCase("X-Scope-OrgID", "x-scope-orgid"));
  EXPECT_FALSE(EqualsIgnoringCase("[", "{"));
  EXPECT_FALSE(EqualsIgnoringCase("a", "ab"));
  EXPECT_TRUE(EqualsIgnoringCase("", ""));
}

}  // namespace
}  // namespace clew::base
